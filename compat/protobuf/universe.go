package protobuf

import (
	"slices"
	"sync"

	"github.com/bufbuild/protocompile/linker"
	"google.golang.org/protobuf/types/descriptorpb"
)

// universe is a set of files in which no name is declared twice, such as one
// version of a tree. The linker enters every import of a file into such a set,
// which costs a tenth of a compilation; files that share one enter their common
// imports once.
//
// It only saves work: what does not link in a shared universe is linked again in
// one of its own, and that counts.
type universe struct {
	symbols *linker.Symbols
	names   map[string]digest // what declares each name
	members map[digest]bool
}

// universes are as many as versions of one file are compiled.
type universes struct {
	mu  sync.Mutex
	all []*universe
}

// maxUniverses bounds them for long chains of versions.
const maxUniverses = 8

// home finds a universe with room for a file and its imports, and settles them
// there.
func (u *universes) home(f *source, d *descriptorpb.FileDescriptorProto) *linker.Symbols {
	u.mu.Lock()
	defer u.mu.Unlock()
	names := declared(d)
	for _, candidate := range u.all {
		if candidate.admits(f, names) {
			candidate.settle(f, names)
			return candidate.symbols
		}
	}
	fresh := &universe{symbols: &linker.Symbols{}, names: map[string]digest{}, members: map[digest]bool{}}
	if len(u.all) == maxUniverses {
		u.all = slices.Delete(u.all, 0, 1)
	}
	u.all = append(u.all, fresh)
	fresh.settle(f, names)
	return fresh.symbols
}

func (u *universe) admits(f *source, names []string) bool {
	if u.members[f.key] {
		return false // it was linked here before, and its names are taken
	}
	for _, name := range names {
		if _, taken := u.names[name]; taken {
			return false
		}
	}
	return !slices.ContainsFunc(f.imports, func(imported *source) bool { return !u.knows(imported) })
}

// knows reports whether an import is a member, or could become one.
func (u *universe) knows(f *source) bool {
	if u.members[f.key] {
		return true
	}
	for _, name := range f.names {
		if _, taken := u.names[name]; taken {
			return false
		}
	}
	return !slices.ContainsFunc(f.imports, func(imported *source) bool { return !u.knows(imported) })
}

func (u *universe) settle(f *source, names []string) {
	if u.members[f.key] {
		return
	}
	u.members[f.key] = true
	for _, name := range names {
		u.names[name] = f.key
	}
	for _, imported := range f.imports {
		u.settle(imported, imported.names)
	}
}

// declared lists the full names at the top of a file. Nested ones follow them.
func declared(d *descriptorpb.FileDescriptorProto) []string {
	prefix := d.GetPackage() + "."
	var names []string
	for _, m := range d.GetMessageType() {
		names = append(names, prefix+m.GetName())
	}
	for _, e := range d.GetEnumType() {
		names = append(names, prefix+e.GetName())
		for _, v := range e.GetValue() {
			names = append(names, prefix+v.GetName())
		}
	}
	for _, x := range d.GetExtension() {
		names = append(names, prefix+x.GetName())
	}
	for _, s := range d.GetService() {
		names = append(names, prefix+s.GetName())
	}
	return names
}
