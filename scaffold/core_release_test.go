package scaffold

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/semver"
)

// A core survives its archive, and every archive is of the core that its name says.
// NEXUS_CORE_RELEASE=VERSION writes the archive of the present core.
func TestReleaseCore(t *testing.T) {
	packed, err := present().pack("v0.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if core, err := unpackCore(packed); err != nil || core.Digest() != present().Digest() {
		t.Fatalf("the core %s is %s after its archive: %v", present().Digest(), core.Digest(), err)
	}
	if version := os.Getenv("NEXUS_CORE_RELEASE"); version != "" && archiveFault(releases, present(), version) != nil {
		if packed, err = present().pack(version); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(releaseFile(present().Digest()), packed, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Logf("wrote %s: %d bytes", releaseFile(present().Digest()), len(packed))
	}
	archives, err := releases.ReadDir("cores")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range archives {
		if !strings.HasSuffix(entry.Name(), ".txtar.gz") {
			continue
		}
		text, err := releases.ReadFile("cores/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		core, err := unpackCore(text)
		if err != nil {
			t.Fatalf("%s: %v", entry.Name(), err)
		}
		if got := releaseFile(core.Digest()); got != "cores/"+entry.Name() {
			t.Errorf("%s is the core %s", entry.Name(), core.Digest())
		}
	}
	if _, err := (CoreTree{"a/a.css": []byte("no line feed")}).pack("v1"); err == nil {
		t.Error("a file that an archive changes was packed")
	}
}

// TestReleaseHasItsCore is the question of scripts/release-core.sh: whether the version
// NEXUS_CORE_RELEASED may be released.
func TestReleaseHasItsCore(t *testing.T) {
	version := os.Getenv("NEXUS_CORE_RELEASED")
	if version == "" {
		t.Skip("NEXUS_CORE_RELEASED names no version")
	}
	if err := archiveFault(releases, present(), version); err != nil {
		t.Fatal(err)
	}
}

// archiveFault says why a version must not be released: the archives lack its core, or
// have it as that of no release up to it.
func archiveFault(archives fs.FS, core CoreTree, version string) error {
	if !semver.IsValid(version) {
		return fmt.Errorf("%q is no version of a release, such as v1.2.3", version)
	}
	name := releaseFile(core.Digest())
	packed, err := fs.ReadFile(archives, name)
	if err != nil {
		return fmt.Errorf("the core has no archive: %w", err)
	}
	has, err := unpackCore(packed)
	if err != nil || has.Digest() != core.Digest() {
		return fmt.Errorf("%s is of another core (%v)", name, err)
	}
	text, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	var of string
	if _, err := fmt.Fscanf(text, "The core of nexus %s", &of); err != nil {
		return fmt.Errorf("%s does not say of which release it is: %w", name, err)
	}
	if of = strings.TrimSuffix(of, ","); !semver.IsValid(of) || semver.Compare(of, version) > 0 {
		return fmt.Errorf("%s is the core of %s, and not of %s or one before it", name, of, version)
	}
	return nil
}

func TestReleaseIsRefusedWithoutItsCore(t *testing.T) {
	archive := func(core CoreTree, version string) []byte {
		packed, err := core.pack(version)
		if err != nil {
			t.Fatal(err)
		}
		return packed
	}
	for _, test := range []struct {
		name    string
		packed  []byte // nil is no archive
		version string
		want    string // of the refusal
	}{
		{"its own", archive(nextCore, "v1.2.0"), "v1.2.0", ""},
		{"that of an earlier release, unchanged since", archive(nextCore, "v1.1.0"), "v1.2.0", ""},
		{"none", nil, "v1.2.0", "has no archive"},
		{"that of a later release", archive(nextCore, "v1.3.0"), "v1.2.0", "is the core of v1.3.0"},
		{"that of a rehearsal", archive(nextCore, "devel"), "v1.2.0", "is the core of devel"},
		{"another core under the name", archive(oldCore, "v1.2.0"), "v1.2.0", "is of another core"},
		{"no version", archive(nextCore, "v1.2.0"), "latest", "is no version of a release"},
	} {
		t.Run(test.name, func(t *testing.T) {
			archives := fstest.MapFS{}
			if test.packed != nil {
				archives[releaseFile(nextCore.Digest())] = &fstest.MapFile{Data: test.packed}
			}
			err := archiveFault(archives, nextCore, test.version)
			if test.want == "" && err != nil {
				t.Fatal(err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("the refusal is %v, want %q in it", err, test.want)
			}
		})
	}
	config, err := os.ReadFile("../.goreleaser.yaml")
	if err != nil || !strings.Contains(string(config), "- scripts/release-core.sh {{ if .IsSnapshot }}--snapshot{{ else }}{{ .Tag }}{{ end }}\n") {
		t.Errorf("goreleaser does not ask for the core (%v)", err)
	}
}
