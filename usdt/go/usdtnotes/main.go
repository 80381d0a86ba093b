// SPDX-License-Identifier: GPL-2.0-only

// usdtnotes adds notes about the probes of gobpf/usdt to programs that were
// built without cgo: then bpftrace and perf find them as usdt:PROGRAM:gobpf:NAME.
//
//	usdtnotes PROGRAM
//
// The file is changed in place: a section .note.stapsdt comes behind its end,
// with the table of sections. No code moves. A stripped program will do.
package main

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// The arguments of each probe, sized and in the order of package usdt: s is
// signed.
var probes = []struct{ name, args string }{
	{"span_start", "uuuuu"}, {"span_end", "uuuus"}, {"request_start", "uuuu"},
	{"request_end", "uuus"}, {"event", "uuuusu"},
}

const (
	mark        = "gobpf usdt notes"
	noteType    = 3
	semaphores  = 10 // bytes of them, behind the mark
	noteSection = ".note.stapsdt"
	entrySize   = 64
)

// section is one to be added.
type section struct {
	name                   string
	kind                   elf.SectionType
	addr, off, size, align uint64
}

type program struct {
	*elf.File
	path  string
	bytes []byte
	order binary.ByteOrder
}

func main() {
	if len(os.Args) != 2 || os.Args[1] == "" || os.Args[1][0] == '-' {
		fmt.Fprintln(os.Stderr, "usage: usdtnotes PROGRAM")
		os.Exit(2)
	}
	if err := add(os.Args[1]); err != nil {
		fmt.Fprintf(os.Stderr, "usdtnotes: %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}

func add(path string) error {
	p, err := open(path)
	if err != nil {
		return err
	}
	if p.Section(noteSection) != nil {
		return errors.New("has notes already")
	}
	state, at, err := p.state()
	if err != nil {
		return err
	}
	sites, err := p.sites()
	if err != nil {
		return err
	}
	var added []section
	if state != 0 {
		state, at = state+uint64(len(mark)), at+len(mark)
		// bpftrace 0.17 and perf look for semaphores in a section of that name, which
		// must be in front. It is not said to be in memory: strip would move what lies there.
		added = []section{{".probes", elf.SHT_PROGBITS, state, uint64(at), semaphores, 2}}
		p.order.PutUint16(p.bytes[at+semaphores:], 1)
	}
	p.append(p.notes(sites, state), added)
	return p.replace()
}

func open(path string) (*program, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if f.Class != elf.ELFCLASS64 || f.Machine != elf.EM_X86_64 && f.Machine != elf.EM_AARCH64 {
		return nil, fmt.Errorf("%v is not a machine that has probes", f.Machine)
	}
	p := &program{f, path, data, f.ByteOrder}
	if !p.whole() {
		return nil, errors.New("is not whole")
	}
	return p, nil
}

// whole is false when the file ends before what its headers tell of, or has no
// sections.
func (p *program) whole() bool {
	size := uint64(len(p.bytes))
	inside := func(at, n uint64) bool { return at <= size && n <= size-at }
	for _, seg := range p.Progs {
		if seg.Type == elf.PT_LOAD && !inside(seg.Off, seg.Filesz) {
			return false
		}
	}
	n, names := len(p.Sections), int(p.order.Uint16(p.bytes[0x3e:]))
	return n > 0 && n < 0xff00 && names < n && n == int(p.order.Uint16(p.bytes[0x3c:])) &&
		inside(p.order.Uint64(p.bytes[0x28:]), uint64(n*entrySize)) &&
		inside(p.Sections[names].Offset, p.Sections[names].FileSize)
}

// state finds package usdt's variable: its address, and where in the file. It
// is not there, address 0, when the program never asks whether it is enabled.
func (p *program) state() (addr uint64, at int, err error) {
	for _, seg := range p.Progs {
		if seg.Type != elf.PT_LOAD || seg.Flags&elf.PF_W == 0 {
			continue
		}
		data := p.bytes[seg.Off : seg.Off+seg.Filesz]
		i := bytes.Index(data, []byte(mark))
		if i < 0 || i+len(mark)+semaphores+2 > len(data) {
			continue
		}
		if bytes.Contains(data[i+1:], []byte(mark)) {
			return 0, 0, errors.New("has more than one gobpf/usdt in it")
		}
		return seg.Vaddr + uint64(i), int(seg.Off) + i, nil
	}
	return 0, 0, nil
}

// sites finds the places by the names of their functions in the table that
// every Go program has.
func (p *program) sites() (map[string]uint64, error) {
	text := p.Section(".text")
	var table *elf.Section
	for _, name := range []string{".gopclntab", ".data.rel.ro.gopclntab"} {
		if table == nil {
			table = p.Section(name)
		}
	}
	if text == nil || table == nil {
		return nil, errors.New("has no table of functions")
	}
	data, err := table.Data()
	if err != nil {
		return nil, err
	}
	functions, err := gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
	if err != nil {
		return nil, err
	}
	sites := map[string]uint64{}
	for _, probe := range probes {
		if f := functions.LookupFunc("gobpf/usdt.probe_" + probe.name); f != nil {
			sites[probe.name] = f.Entry
		}
	}
	if len(sites) == 0 {
		return nil, errors.New("calls no probe of gobpf/usdt")
	}
	return sites, p.check(sites)
}

// check fails unless each place is the nop that it has to be.
func (p *program) check(sites map[string]uint64) error {
	nop := []byte{0x0f, 0x1f, 0x44, 0x00, 0x00}
	if p.Machine == elf.EM_AARCH64 {
		nop = []byte{0x1f, 0x20, 0x03, 0xd5}
	}
	for name, addr := range sites {
		if !bytes.HasPrefix(p.at(addr), nop) {
			return fmt.Errorf("what is at %s (%#x) is no nop", name, addr)
		}
	}
	return nil
}

// at is what the file has from an address on.
func (p *program) at(addr uint64) []byte {
	for _, seg := range p.Progs {
		if seg.Type == elf.PT_LOAD && addr >= seg.Vaddr && addr < seg.Vaddr+seg.Filesz {
			return p.bytes[seg.Off+addr-seg.Vaddr : seg.Off+seg.Filesz]
		}
	}
	return nil
}

// notes makes one of each probe; semaphores 0: there are none.
func (p *program) notes(sites map[string]uint64, semaphores uint64) []byte {
	var out bytes.Buffer
	for i, probe := range probes {
		addr, ok := sites[probe.name]
		if !ok {
			continue
		}
		var d bytes.Buffer
		semaphore := semaphores
		if semaphore != 0 {
			semaphore += uint64(2 * i)
		}
		binary.Write(&d, p.order, []uint64{addr, 0, semaphore})
		d.WriteString("gobpf\x00" + probe.name + "\x00" + p.args(probe.args) + "\x00")
		binary.Write(&out, p.order, []uint32{8, uint32(d.Len()), noteType})
		out.WriteString("stapsdt\x00")
		out.Write(d.Bytes())
		pad(&out, 4)
	}
	return out.Bytes()
}

// args says where arguments are: 8 bytes above the stack pointer and up.
func (p *program) args(kinds string) string {
	s := ""
	for i, kind := range kinds {
		size, place := "8@", "%d(%%rsp)"
		if kind == 's' {
			size = "-8@"
		}
		if p.Machine == elf.EM_AARCH64 {
			place = "[sp, %d]"
		}
		if i > 0 {
			s += " "
		}
		s += size + fmt.Sprintf(place, 8*(i+1))
	}
	return s
}

// append puts the notes, the names of sections with theirs and those added, and
// the table of sections likewise behind the file's end.
func (p *program) append(notes []byte, added []section) {
	h, o := p.bytes, p.order
	table, n, names := o.Uint64(h[0x28:]), int(o.Uint16(h[0x3c:])), int(o.Uint16(h[0x3e:]))
	sections := append([]byte{}, h[table:table+uint64(n*entrySize)]...)
	strings := sections[names*entrySize:]
	at, size := o.Uint64(strings[0x18:]), o.Uint64(strings[0x20:])

	out := bytes.NewBuffer(p.bytes)
	pad(out, 8)
	added = append(added, section{noteSection, elf.SHT_NOTE, 0, uint64(out.Len()), uint64(len(notes)), 4})
	out.Write(notes)
	o.PutUint64(strings[0x18:], uint64(out.Len()))
	out.Write(h[at : at+size])
	for _, s := range added {
		entry := make([]byte, entrySize)
		o.PutUint32(entry[0x00:], uint32(size))
		o.PutUint32(entry[0x04:], uint32(s.kind))
		o.PutUint64(entry[0x10:], s.addr)
		o.PutUint64(entry[0x18:], s.off)
		o.PutUint64(entry[0x20:], s.size)
		o.PutUint64(entry[0x30:], s.align)
		sections = append(sections, entry...)
		out.WriteString(s.name + "\x00")
		size += uint64(len(s.name)) + 1
	}
	o.PutUint64(sections[names*entrySize+0x20:], size)
	pad(out, 8)
	end := out.Len()
	out.Write(sections)
	p.bytes = out.Bytes()
	o.PutUint64(p.bytes[0x28:], uint64(end))
	o.PutUint16(p.bytes[0x3c:], uint16(n+len(added)))
}

func pad(b *bytes.Buffer, to int) {
	for b.Len()%to != 0 {
		b.WriteByte(0)
	}
}

// replace writes a new file in the old one's place: the old one may be running.
func (p *program) replace() error {
	info, err := os.Stat(p.path)
	if err != nil {
		return err
	}
	tmp := fmt.Sprintf("%s.%d", p.path, os.Getpid())
	if err := os.WriteFile(tmp, p.bytes, info.Mode().Perm()); err != nil {
		os.Remove(tmp)
		return err
	}
	if err := os.Chmod(tmp, info.Mode().Perm()); err == nil {
		err = os.Rename(tmp, p.path)
	}
	if err != nil {
		os.Remove(tmp)
	}
	return err
}
