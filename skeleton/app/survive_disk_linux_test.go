package app_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/nexus-blueprint/nexus/skeleton/app"
	"github.com/nexus-blueprint/nexus/skeleton/audit"
)

// smallDisk is the environment variable that makes a test process one that may
// mount: the folder that gets a disk of its own, of a few megabytes.
const smallDisk = "APP_SMALL_DISK"

// onSmallDisk runs the calling test anew in a namespace of its own, where it gets the
// folder of a small disk. In the process that was started first it returns "" when
// that is over.
func onSmallDisk(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv(smallDisk); dir != "" {
		if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=8m"); err != nil {
			t.Skipf("no disk can be mounted here: %v", err)
		}
		return dir
	}
	inside := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.timeout=2m", "-test.v")
	inside.Env = append(os.Environ(), smallDisk+"="+t.TempDir())
	inside.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	output, err := inside.CombinedOutput()
	exited, ran := errors.AsType[*exec.ExitError](err)
	switch {
	case err != nil && !ran:
		t.Skipf("no namespace can be made here: %v", err)
	case strings.Contains(string(output), "--- SKIP: "+t.Name()):
		t.Skipf("%s", output)
	case ran:
		t.Errorf("%v: %s", exited, output)
	}
	return ""
}

// fillDisk writes a file until nothing fits any more.
func fillDisk(t *testing.T, dir string) (ballast string) {
	t.Helper()
	ballast = filepath.Join(dir, "ballast")
	file, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	page := make([]byte, 4096)
	for err == nil {
		_, err = file.Write(page)
	}
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	_ = file.Close() // it is full
	return ballast
}

// TestFullDisk: an app whose disk is full refuses what it cannot keep, says so in
// its log, still answers what it has, and goes on when there is space again.
func TestFullDisk(t *testing.T) {
	dir := onSmallDisk(t)
	if dir == "" {
		return
	}
	var log console
	b := begun{t: t}
	var err error
	if b.App, err = app.Open(t.Context(), boxesApp(t), app.Options{Dir: filepath.Join(dir, "data"), Log: slog.New(slog.NewTextHandler(&log, nil))}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	}()
	b.north = readFile(t, filepath.Join(dir, "data", "dev.key"))
	b.must(b.north, "POST", "/box/"+box1+"/open-box", `{"label": "attic"}`)
	ballast := fillDisk(t, dir)
	accepted, refused := 0, answer{}
	for refused.status == 0 && accepted < 10_000 {
		if a := b.send(b.north, "POST", "/box/"+box1+"/fill-box", `{"item": "a lamp"}`); a.status == http.StatusOK {
			accepted++
		} else {
			refused = a
		}
	}
	if refused.status != http.StatusInternalServerError || strings.Contains(refused.body, dir) || !strings.Contains(log.String(), "the disk is full") {
		t.Fatalf("after %d commands: %d %s\nlog: %s", accepted, refused.status, refused.body, &log)
	}
	want := fmt.Sprintf(`{"state":"open","label":"attic","items":%d}`, 3*accepted)
	if state := b.must(b.north, "GET", "/box/"+box1, ""); state.body != want {
		t.Errorf("the state is %s, want %s", state.body, want)
	}
	if code, _, said := run(t, boxesApp(t), "-addr", "127.0.0.1:0", "-data", filepath.Join(dir, "new")); code != 3 || !strings.Contains(said, "full") {
		t.Errorf("another app begins on the full disk and ends with %d: %s", code, said)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	b.must(b.north, "POST", "/box/"+box1+"/fill-box", `{"item": "a lamp"}`)
	if report, err := audit.Verify(t.Context(), b.Store()); err != nil || !report.OK() || report.Events != int64(1+3*(accepted+1)) {
		t.Errorf("%d events after %d commands, %v: %v", report.Events, accepted+2, err, report.Faults)
	}
	catchUp(t, b.App)
}

var tellsWhatToDo = regexp.MustCompile(`check (that|who may) .*(be written|read and write)`)

// TestReadOnlyDisk: nobody can write to a disk that is mounted for reading, not even
// root, and whoever starts an app there is told so.
func TestReadOnlyDisk(t *testing.T) {
	dir := onSmallDisk(t)
	if dir == "" {
		return
	}
	data := filepath.Join(dir, "data")
	a, err := app.Open(t.Context(), boxesApp(t), app.Options{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Execute(t.Context(), app.Caller{Tenant: "dev"}, "Box", box1, "OpenBox", []byte(`{"label": "attic"}`)); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("the disk cannot be mounted for reading: %v", err)
	}
	for _, folder := range []string{data, filepath.Join(dir, "new")} {
		if code, _, said := run(t, boxesApp(t), "-addr", "127.0.0.1:0", "-data", folder); code != 3 || !strings.Contains(said, folder) || !tellsWhatToDo.MatchString(said) {
			t.Errorf("on a disk for reading the app ends with %d: %s", code, said)
		}
	}
}
