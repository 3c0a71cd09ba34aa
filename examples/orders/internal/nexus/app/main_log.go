package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"path/filepath"

	"example.com/orders/internal/nexus/audit"
	"example.com/orders/internal/nexus/store"
)

// export is the command export.
func (p program) export(ctx context.Context, args []string) int {
	flags := p.flags("export", "", "Writes all events, one CloudEvent in JSON a line, in the order in which they were stored.\nThe app may run meanwhile.")
	dir := dataFlag(flags)
	tenant := flags.String("tenant", "", "write the events of this `tenant` alone; streams of two tenants may have the same name (default: all)")
	file := flags.String("o", "", "the `file` to write; it is replaced whole or not at all (default: standard output)")
	if _, code, ok := p.parse(flags, args, 0); !ok {
		return code
	}
	log, err := events(ctx, *dir)
	if err != nil {
		return p.fail(err)
	}
	defer log.Close() // it was only read
	written := map[string]bool{}
	write := func(w io.Writer) error {
		return writeLog(w, p.definition.source(), ofTenant(*tenant, written, log.ReadAll(ctx, 0, 0)))
	}
	if *file == "" {
		err = write(p.Stdout)
	} else {
		err = writeWhole(*file, write)
	}
	if err != nil {
		return p.fail(fmt.Errorf("exporting the events: %w", err))
	}
	if *tenant != "" && len(written) == 0 {
		fmt.Fprintf(p.Stderr, "%s: there is no event of the tenant %q\n", p.definition.Name, *tenant)
		return exitFound
	}
	if len(written) > 1 {
		fmt.Fprintf(p.Stderr, "%s: the log holds the events of %d tenants, and their streams may have the same names: -tenant NAME writes those of one\n", p.definition.Name, len(written))
	}
	return exitOK
}

// ofTenant are the events of a tenant, or all of them, and notes whose they are.
func ofTenant(tenant string, written map[string]bool, events iter.Seq2[store.Event, error]) iter.Seq2[store.Event, error] {
	return func(yield func(store.Event, error) bool) {
		for event, err := range events {
			if err == nil && tenant != "" && event.Tenant != tenant {
				continue
			}
			if err == nil {
				written[event.Tenant] = true
			}
			if !yield(event, err) {
				return
			}
		}
	}
}

// Export writes all events as a log in the native format: one CloudEvent in JSON a
// line. The subject of an event is its stream without the tenant, which is an
// attribute of its own.
func (a *App) Export(ctx context.Context, w io.Writer) error {
	return writeLog(w, a.source(), a.store.ReadAll(ctx, 0, 0))
}

func writeLog(w io.Writer, source string, events iter.Seq2[store.Event, error]) error {
	out := bufio.NewWriterSize(w, 1<<16)
	lines := newCloudEventWriter(source)
	var line []byte
	for event, err := range events {
		if err != nil {
			return err
		}
		line = lines.append(line[:0], event)
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

// writeWhole writes a file beside its name first, so that a half one is never seen.
func writeWhole(name string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	err = write(file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// verify is the command verify.
func (p program) verify(ctx context.Context, args []string) int {
	flags := p.flags("verify", "", "Checks that every event is as it was stored, and that none is missing.\nEnds with 1 if it found something.")
	dir := dataFlag(flags)
	tenant := flags.String("tenant", "", "look at the streams of this `tenant` alone, as /audit/verify does, whose seals are of these (default: all)")
	sealed := flags.String("seal", "", "a `seal` that an earlier verify printed: what was there then must be there still")
	if _, code, ok := p.parse(flags, args, 0); !ok {
		return code
	}
	var seals []audit.Seal
	if *sealed != "" {
		seal, err := audit.ParseSeal(*sealed)
		if err != nil {
			fmt.Fprintf(p.Stderr, "%s verify: -seal: %v\n", p.definition.Name, err)
			return exitUsage
		}
		seals = append(seals, seal)
	}
	log, err := events(ctx, *dir)
	if err != nil {
		return p.fail(err)
	}
	defer log.Close() // it was only read
	var report audit.Report
	if *tenant == "" {
		report, err = audit.Verify(ctx, log, seals...)
	} else {
		report, err = audit.VerifyOnly(ctx, log, streamsOf(*tenant), seals...)
	}
	if err != nil {
		return p.fail(fmt.Errorf("verifying the events: %w", err))
	}
	return p.report(report)
}

func (p program) report(r audit.Report) int {
	for _, fault := range r.Faults {
		fmt.Fprintln(p.Stdout, fault)
	}
	if more := r.Faulty - int64(len(r.Faults)); more > 0 {
		fmt.Fprintf(p.Stdout, "and %d more\n", more)
	}
	fmt.Fprintf(p.Stdout, "%s in %s, %s\nseal %s\n", count(r.Events, "event"), count(int64(r.Streams), "stream"), count(r.Faulty, "fault"), r.Seal)
	if !r.OK() {
		return exitFound
	}
	return exitOK
}

// count is a number of things in words.
func count(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// get asks the app itself.
func (a *App) get(ctx context.Context, target, token string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	w := &captured{header: http.Header{}, status: http.StatusOK}
	a.server.ServeHTTP(w, r)
	if w.status != http.StatusOK {
		return nil, fmt.Errorf("it was answered with status %d: %s", w.status, w.body.String())
	}
	return w.body.Bytes(), nil
}

// captured is an answer that stays in memory.
type captured struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (c *captured) Header() http.Header         { return c.header }
func (c *captured) WriteHeader(status int)      { c.status = status }
func (c *captured) Write(b []byte) (int, error) { return c.body.Write(b) }
