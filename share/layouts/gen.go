// SPDX-License-Identifier: GPL-2.0-only

// gen.go - makes share/layouts.tsv: where the Go runtime keeps its fields
//
//	go run gen.go fields.go GOROOT...                    write the table to stdout
//	go run gen.go fields.go -check TABLE GOROOT...       compare the table with these toolchains
//	go run gen.go fields.go -arch amd64,arm64 GOROOT...  architectures (amd64 alone is the default)
//
// Each toolchain builds a tiny program, whose DWARF says where every field of
// wantFields lies; the size classes come from the toolchain's own sources. What
// equal neighbours agree on becomes one row with a range of versions. A version
// between two neighbours for which no toolchain was given is covered by a row
// only when both sides agree, and that row says so in its last column.  What no toolchain
// at hand can say, and programs have shown, is in the list of shifts.
package main

import (
	"debug/dwarf"
	"debug/elf"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// aliases gives "struct field older-name -" for fields and "struct - older-name -" for structures.
func (w want) aliases() (ret []string) {
	for _, older := range w.names {
		ret = append(ret, w.name+"\t-\t"+older+"\t-\t-")
	}
	for _, names := range strings.Fields(w.fields) {
		v := strings.Split(names, "|")
		for _, older := range v[1:] {
			ret = append(ret, w.name+"\t"+v[0]+"\t"+older+"\t-\t-")
		}
	}
	return ret
}

type place struct{ offset, size int64 }

// What one toolchain says.
type facts struct {
	minor   int
	version string
	fields  map[[3]string]place // {arch, struct, field}; field "sizeof" is the whole structure
	classes [][2]int64          // {bytes of an object, pages of a span}, index = size class
}

func main() {
	arch := flag.String("arch", "amd64", "comma-separated `architectures`")
	check := flag.String("check", "", "compare this `table` instead of writing one")
	flag.Parse()
	if err := run(strings.Split(*arch, ","), *check, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(archs []string, table string, goroots []string) error {
	if len(goroots) == 0 {
		return errors.New("name at least one GOROOT")
	}
	var all []*facts
	for _, root := range goroots {
		f, err := factsOf(root, archs)
		if err != nil {
			return fmt.Errorf("%s: %w", root, err)
		}
		all = append(all, f)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].minor < all[j].minor })
	if table != "" {
		return compare(table, all)
	}
	return write(os.Stdout, all)
}

func factsOf(root string, archs []string) (*facts, error) {
	f := &facts{fields: map[[3]string]place{}}
	cmd := exec.Command(filepath.Join(root, "bin/go"), "version")
	cmd.Env = append(os.Environ(), "GOROOT="+root, "GOTOOLCHAIN=local")
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	m := regexp.MustCompile(`^go version (go1\.(\d+)\S*)`).FindStringSubmatch(string(out))
	if m == nil {
		return nil, fmt.Errorf("version %q", out)
	}
	f.version = m[1]
	f.minor, _ = strconv.Atoi(m[2])
	for _, arch := range archs {
		if err := f.readFields(root, arch); err != nil {
			return nil, fmt.Errorf("%s: %w", arch, err)
		}
	}
	return f, f.readClasses(root)
}

// build makes the program and gives the path of its executable in dir.
func build(root, arch, dir string) (string, error) {
	src, exe := filepath.Join(dir, "main.go"), filepath.Join(dir, "main."+arch)
	if err := os.WriteFile(src, []byte(program), 0o666); err != nil {
		return "", err
	}
	cmd := exec.Command(filepath.Join(root, "bin/go"), "build", "-o", exe, src)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), "GOROOT="+root, "GOOS=linux", "GOARCH="+arch, "CGO_ENABLED=0",
		"GO111MODULE=off", "GOTOOLCHAIN=local", "GOFLAGS=", "GOEXPERIMENT=")
	return exe, cmd.Run()
}

func (f *facts) readFields(root, arch string) error {
	dir, err := os.MkdirTemp("", "gobpf-layout")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	exe, err := build(root, arch, dir)
	if err != nil {
		return err
	}
	types, err := structsOf(exe)
	if err != nil {
		return err
	}
	for _, w := range wantFields {
		st := types[w.name]
		for _, older := range w.names {
			if st == nil {
				st = types[older]
			}
		}
		if st == nil {
			continue // not in this version; the test that compares would see it vanish
		}
		f.fields[[3]string{arch, w.name, "sizeof"}] = place{0, st.ByteSize}
		for _, names := range strings.Fields(w.fields) {
			alternatives := strings.Split(names, "|")
			for _, name := range alternatives {
				if p, ok := find(st, name); ok {
					f.fields[[3]string{arch, w.name, alternatives[0]}] = p
				}
			}
		}
	}
	return nil
}

func structsOf(exe string) (map[string]*dwarf.StructType, error) {
	file, err := elf.Open(exe)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	d, err := file.DWARF()
	if err != nil {
		return nil, err
	}
	types := map[string]*dwarf.StructType{}
	for r := d.Reader(); ; {
		e, err := r.Next()
		if err != nil || e == nil {
			return types, err
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		if e.Tag != dwarf.TagStructType || !wanted(name) {
			continue
		}
		t, err := d.Type(e.Offset)
		if err != nil {
			return nil, err
		}
		types[name] = t.(*dwarf.StructType)
	}
}

func wanted(name string) bool {
	for _, w := range wantFields {
		for _, n := range append([]string{w.name}, w.names...) {
			if n == name {
				return true
			}
		}
	}
	return false
}

// find gives the place of a field, "a.b" being b inside the structure a.
func find(st *dwarf.StructType, path string) (place, bool) {
	name, rest, nested := strings.Cut(path, ".")
	for _, field := range st.Field {
		if field.Name != name {
			continue
		}
		if !nested {
			return place{field.ByteOffset, field.Type.Size()}, true
		}
		inner := field.Type
		if t, ok := inner.(*dwarf.TypedefType); ok {
			inner = t.Type
		}
		if in, ok := inner.(*dwarf.StructType); ok {
			p, ok := find(in, rest)
			p.offset += field.ByteOffset
			return p, ok
		}
	}
	return place{}, false
}

// readClasses takes the tables of runtime/sizeclasses.go, which moved to internal/runtime/gc in 1.25.
func (f *facts) readClasses(root string) error {
	var text []byte
	for _, p := range []string{"src/internal/runtime/gc/sizeclasses.go", "src/runtime/sizeclasses.go"} {
		if b, err := os.ReadFile(filepath.Join(root, p)); err == nil {
			text = b
			break
		}
	}
	sizes := array(text, `class_to_size|SizeClassToSize`)
	pages := array(text, `class_to_allocnpages|SizeClassToNPages`)
	if len(sizes) == 0 || len(sizes) != len(pages) {
		return fmt.Errorf("size classes: %d sizes, %d page counts", len(sizes), len(pages))
	}
	for i := range sizes {
		f.classes = append(f.classes, [2]int64{sizes[i], pages[i]})
	}
	return nil
}

func array(text []byte, names string) (ret []int64) {
	m := regexp.MustCompile(`(?m)^var (?:` + names + `) = [^{]*\{(.*)\}$`).FindSubmatch(text)
	if m == nil {
		return nil
	}
	for _, word := range strings.Split(string(m[1]), ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(word), 0, 64)
		if err != nil {
			return nil
		}
		ret = append(ret, n)
	}
	return ret
}

// rowsOf gives the rows of one toolchain, without their versions.
func rowsOf(f *facts) map[string]bool {
	rows := map[string]bool{}
	archs := map[string][]string{}
	for k, p := range f.fields {
		key := fmt.Sprintf("%s\t%s\t%d\t%d", k[1], k[2], p.offset, p.size)
		archs[key] = append(archs[key], k[0])
	}
	for key, list := range archs {
		sort.Strings(list)
		rows["field\t"+strings.Join(list, ",")+"\t"+key] = true
	}
	for i, c := range f.classes {
		rows[fmt.Sprintf("class\t-\t%02d\t-\t%d\t%d", i, c[0], c[1])] = true
	}
	return rows
}

// subject is what a row is about: kind, structure, field and architectures.
func subject(row string) string {
	w := strings.Split(row, "\t")
	return strings.Join([]string{w[0], w[2], w[3], w[1]}, "\t")
}

// Fields that came into a structure before this offset, so that it and all behind are further on: in
// versions without a toolchain although those before and after agree, and in patch releases
// newer than the toolchain.  mark is a function that is there when the field is; without one
// the version says it.  by < 0: the toolchain is the newer one, releases before that patch had not
// yet these last bytes of the structure, from the offset on.
var shifts = []struct {
	minor, patch int
	strct        string
	offset, by   int
	mark         string
}{
	// m.doesPark before m.park (runtime2.go); seen in stripped programs, and in their memory
	{16, 0, "runtime.m", 328, 8, "-"},
	{17, 0, "runtime.m", 328, 8, "-"},
	// mspan.freeIndexForScan behind all others (mheap.go): golang/go issue 54596; not in go1.19.3
	{19, 4, "runtime.mspan", 136, -8, "-"},
	// m.allpSnapshot before m.ncgocall, as in 1.25: golang/go issue 74414; seen in go1.23.12
	{23, 12, "runtime.m", 296, 24, "runtime.(*m).snapshotAllp"},
	{24, 6, "runtime.m", 296, 24, "runtime.(*m).snapshotAllp"},
}

type span struct {
	row      string
	from, to int
	gaps     []string // versions inside without a toolchain
}

func write(out io.Writer, all []*facts) error {
	var done []span
	open := map[string]*span{}
	for i, f := range all {
		rows := rowsOf(f)
		if i > 0 && all[i-1].minor == f.minor {
			return fmt.Errorf("two toolchains for 1.%d", f.minor)
		}
		for row, s := range open {
			if !rows[row] {
				done = append(done, *s)
				delete(open, row)
			}
		}
		for row := range rows {
			s := open[row]
			if s == nil {
				s = &span{row: row, from: f.minor, to: f.minor}
				open[row] = s
			}
			for s.to++; s.to < f.minor; s.to++ {
				s.gaps = append(s.gaps, strconv.Itoa(s.to))
			}
			s.to = f.minor
		}
	}
	for _, s := range open {
		done = append(done, *s)
	}
	sort.Slice(done, func(i, j int) bool {
		if a, b := subject(done[i].row), subject(done[j].row); a != b {
			return a < b
		}
		return done[i].from < done[j].from
	})
	fmt.Fprint(out, "# SPDX-License-Identifier: GPL-2.0-only\n"+
		"# Made by `make layouts' from DWARF and sources of the toolchains below; not written by hand.\n"+
		"# kind from to arch struct field offset size versions-without-a-toolchain\n"+
		"# class rows: the size class, bytes of its objects, pages of its spans\n"+
		"# alias rows: an older name of the field, or of the structure\n"+
		"# shift rows: from that patch release on, if that function is there, fields from this offset on\n"+
		"# are so many bytes further; by < 0: before it, the structure ended at this offset\n")
	for _, f := range all {
		fmt.Fprintf(out, "version\t%d\t%d\t-\t%s\t-\t-\t-\t-\n", f.minor, f.minor, f.version)
	}
	for _, w := range wantFields {
		for _, alias := range w.aliases() {
			fmt.Fprintf(out, "alias\t0\t0\t-\t%s\n", alias)
		}
	}
	for _, s := range shifts {
		fmt.Fprintf(out, "shift\t%d\t%d\t-\t%s\t%s\t%d\t%d\t%d\n",
			s.minor, s.minor, s.strct, s.mark, s.offset, s.by, s.patch)
	}
	for _, s := range done {
		kind, rest, _ := strings.Cut(s.row, "\t")
		gaps := "-"
		if len(s.gaps) > 0 {
			gaps = strings.Join(s.gaps, ",")
		}
		if _, err := fmt.Fprintf(out, "%s\t%d\t%d\t%s\t%s\n", kind, s.from, s.to, rest, gaps); err != nil {
			return err
		}
	}
	return nil
}

// compare demands that the table says of each version what its toolchain says, no more, no less.
func compare(table string, all []*facts) error {
	text, err := os.ReadFile(table)
	if err != nil {
		return err
	}
	bad := 0
	for _, f := range all {
		want, got := expand(rowsOf(f)), map[string]bool{}
		archs := map[string]bool{"-": true}
		for k := range f.fields {
			archs[k[0]] = true
		}
		for _, line := range strings.Split(string(text), "\n") {
			w := strings.Split(line, "\t")
			if len(w) != 9 || w[0] == "version" || w[0] == "alias" || w[0] == "shift" {
				continue
			}
			from, _ := strconv.Atoi(w[1])
			to, _ := strconv.Atoi(w[2])
			if f.minor < from || f.minor > to {
				continue
			}
			for _, arch := range strings.Split(w[3], ",") {
				if archs[arch] {
					got[strings.Join(append([]string{w[0], arch}, w[4:8]...), "\t")] = true
				}
			}
		}
		bad += differ(f.version+": the toolchain says, the table does not: ", want, got)
		bad += differ(f.version+": the table says, the toolchain does not: ", got, want)
		fmt.Printf("%s: %d facts compared\n", f.version, len(want))
	}
	if bad > 0 {
		return fmt.Errorf("%d differences", bad)
	}
	return nil
}

// expand turns rows for several architectures into one row for each.
func expand(rows map[string]bool) map[string]bool {
	ret := map[string]bool{}
	for row := range rows {
		w := strings.Split(row, "\t")
		for _, arch := range strings.Split(w[1], ",") {
			ret[strings.Join(append([]string{w[0], arch}, w[2:]...), "\t")] = true
		}
	}
	return ret
}

func differ(words string, a, b map[string]bool) (n int) {
	for row := range a {
		if !b[row] {
			fmt.Fprintln(os.Stderr, words+row)
			n++
		}
	}
	return n
}
