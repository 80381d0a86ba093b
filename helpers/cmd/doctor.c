/* RESERVED: the head engineer builds `gobpf doctor FILE' on main himself (from 11:05 UTC).
 * Builder "layouts": do not write doctor; spend the time on goid, globals, matrix. Delete this file. */
