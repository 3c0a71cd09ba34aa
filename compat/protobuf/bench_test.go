package protobuf

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bufbuild/protocompile"

	"github.com/nexus-blueprint/nexus/compat"
	"github.com/nexus-blueprint/nexus/schema"
)

// benchTree is a tree of 1,000 files. Each imports two of ten common files, and
// one in five its neighbour. One file in twenty differs between two versions.
func benchTree(version int) map[string]string {
	tree := map[string]string{}
	for i := range 10 {
		tree[fmt.Sprintf("common/c%d.proto", i)] = fmt.Sprintf(
			"syntax = \"proto3\";\npackage common.c%d;\n%s", i, benchMessages(4, "", ""))
	}
	for i := range 990 {
		var b strings.Builder
		fmt.Fprintf(&b, "syntax = \"proto3\";\npackage shop.s%d;\n\n", i)
		fmt.Fprintf(&b, "import \"common/c%d.proto\";\nimport \"common/c%d.proto\";\nimport \"google/protobuf/timestamp.proto\";\n", i%10, (i+3)%10)
		if i%5 == 1 {
			fmt.Fprintf(&b, "import \"shop/s%d.proto\";\n", i-1)
		}
		extra := ""
		if version > 0 && i%20 == 0 {
			extra = "  string added = 90;\n"
		}
		fmt.Fprintf(&b, "option go_package = \"example.com/shop/s%d\";\n\n%s", i, benchMessages(4, fmt.Sprintf("common.c%d.M0", i%10), extra))
		tree[fmt.Sprintf("shop/s%d.proto", i)] = b.String()
	}
	return tree
}

func benchMessages(count int, outside, extra string) string {
	var b strings.Builder
	for m := range count {
		fmt.Fprintf(&b, "// M%d is an event of the shop.\nmessage M%d {\n", m, m)
		for f := 1; f <= 10; f++ {
			kind := []string{"string", "int64", "bool", "repeated string", "double"}[f%5]
			fmt.Fprintf(&b, "  // Field %d says something about the event.\n  %s field_%d = %d;\n", f, kind, f, f)
		}
		if m > 0 {
			fmt.Fprintf(&b, "  M%d inner = 11;\n", m-1)
		}
		if outside != "" {
			fmt.Fprintf(&b, "  %s outside = 12;\n  google.protobuf.Timestamp at = 13;\n", outside)
		}
		b.WriteString("  Kind kind = 14;\n" + extra + "  enum Kind {\n    UNKNOWN = 0;\n    ONE = 1;\n    TWO = 2;\n  }\n}\n\n")
	}
	return b.String()
}

// compileAlone compiles and links a tree with protocompile.
func compileAlone(b *testing.B, tree map[string]string) {
	b.Helper()
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: func(name string) (io.ReadCloser, error) {
			text, ok := tree[name]
			if !ok {
				return nil, fs.ErrNotExist
			}
			return io.NopCloser(strings.NewReader(text)), nil
		},
	})}
	if _, err := compiler.Compile(context.Background(), sortedNames(tree)...); err != nil {
		b.Fatal(err)
	}
}

func sortedNames(tree map[string]string) []string {
	names := make([]string, 0, len(tree))
	for i := range 10 {
		names = append(names, fmt.Sprintf("common/c%d.proto", i))
	}
	for i := range 990 {
		names = append(names, fmt.Sprintf("shop/s%d.proto", i))
	}
	return names
}

// checkTrees reads and compares every file of two versions, as many at a time as
// there are processors.
func checkTrees(b *testing.B, old, next map[string]string) {
	b.Helper()
	e := newEngine(b, "")
	names := make(chan string)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for name := range names {
				before, err := e.Parse(benchSchema(old, "old", name))
				if err != nil {
					b.Error(err)
					continue
				}
				after, err := e.Parse(benchSchema(next, "new", name))
				if err != nil {
					b.Error(err)
					continue
				}
				if _, err := e.Compare(context.Background(), before, after, compat.Backward.Directions()); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for _, name := range sortedNames(old) {
		names <- name
	}
	close(names)
	workers.Wait()
}

func benchSchema(tree map[string]string, root, name string) schema.Schema {
	return schema.Schema{
		Subject: name, Format: schema.Protobuf, File: path.Join(root, name), Text: []byte(tree[name]),
		Resolve: func(reference string) (string, []byte, error) {
			target := path.Join(root, path.Dir(name), reference)
			if text, ok := tree[strings.TrimPrefix(target, root+"/")]; ok {
				return target, []byte(text), nil
			}
			return target, nil, fs.ErrNotExist
		},
	}
}

// BenchmarkTree checks 1,000 files against their previous version, and compiles
// both versions with protocompile alone in the same run. The second case leaves
// nothing to share: every text differs.
func BenchmarkTree(b *testing.B) {
	changed := benchTree(1)
	for name, text := range changed {
		changed[name] = text + "// another version\n"
	}
	for _, bench := range []struct {
		name string
		next map[string]string
	}{{"one-in-twenty-changed", benchTree(1)}, {"all-changed", changed}} {
		b.Run(bench.name, func(b *testing.B) {
			old := benchTree(0)
			var alone, ours time.Duration
			for b.Loop() {
				start := time.Now()
				compileAlone(b, old)
				compileAlone(b, bench.next)
				alone += time.Since(start)
				start = time.Now()
				checkTrees(b, old, bench.next)
				ours += time.Since(start)
			}
			b.ReportMetric(float64(alone.Milliseconds())/float64(b.N), "ms-protocompile")
			b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "ms-check")
			b.ReportMetric(ours.Seconds()/alone.Seconds(), "ratio")
		})
	}
}

// BenchmarkPair compares two parsed versions of an event.
func BenchmarkPair(b *testing.B) {
	old := "syntax = \"proto3\";\n" + benchMessages(2, "", "")
	for _, bench := range []struct{ name, next string }{
		{"compatible", strings.Replace(old, "message M1 {", "message M1 {\n  string added = 90;", 1)},
		{"witness", strings.Replace(old, "int64 field_1 =", "sint64 field_1 =", 1)},
		{"witness-json", strings.Replace(old, "string field_5 =", "string renamed =", 1)},
	} {
		b.Run(bench.name, func(b *testing.B) {
			e := newEngine(b, "")
			before, after := parseText(b, e, old), parseText(b, e, bench.next)
			for b.Loop() {
				c, err := e.Compare(context.Background(), before, after, compat.Backward.Directions())
				if err != nil || len(c.Changes) != 1 || (c.Backward.Witness == nil) != (bench.name == "compatible") {
					b.Fatal(c, err)
				}
			}
		})
	}
}
