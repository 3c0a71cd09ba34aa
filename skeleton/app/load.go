package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/nexus-blueprint/nexus/skeleton/load"
	"github.com/nexus-blueprint/nexus/skeleton/serve"
)

// loadFlags are what the load command is told.
type loadFlags struct {
	writers  int
	duration time.Duration
	calls    int
	dir      string
	url      string
	keyFile  string
	direct   bool
	features bool
	min      float64
	p99      time.Duration
}

const loadSummary = `Puts load on the app and says how it held. Each writer goes through the story of
a kind on a stream of its own, then begins a new one. The app is started for it, in
a temporary folder and on the loopback interface, unless -url names one that runs.`

func (p program) loadFlags() (*flag.FlagSet, *loadFlags) {
	flags := p.flags("load", "", loadSummary)
	var f loadFlags
	flags.IntVar(&f.writers, "writers", 16, "how many write at the same time")
	flags.DurationVar(&f.duration, "duration", 10*time.Second, "for how long; with -features, for each row")
	flags.IntVar(&f.calls, "calls", 0, "end after so many `calls`, however long they take, instead of after -duration; with -features, each row")
	flags.StringVar(&f.dir, "dir", "", "the `folder` in which the temporary one is made: its disk is what is measured (default: where the system keeps temporary files)")
	flags.StringVar(&f.url, "url", "", "the `address` of an app that runs, such as http://127.0.0.1:8080")
	flags.StringVar(&f.keyFile, "key-file", "", "the `file` with the token of a key of that app")
	flags.BoolVar(&f.direct, "direct", false, "run commands in this process, without HTTP")
	flags.BoolVar(&f.features, "features", false, "a table of what each part of the app costs")
	flags.Float64Var(&f.min, "min", 0, "exit 1 below so many `events` a minute; with -features, of all parts without HTTP")
	flags.DurationVar(&f.p99, "p99", 0, "exit 1 above this p99, unless it is below three times that of the disk")
	return flags, &f
}

func (f loadFlags) check() error {
	switch {
	case f.writers < 1 || f.duration <= 0:
		return errors.New("-writers and -duration must be more than 0")
	case f.calls < 0:
		return errors.New("-calls cannot be less than 0")
	case (f.url == "") != (f.keyFile == ""):
		return errors.New("-url and -key-file belong together: the app answers nobody without a key")
	case f.url != "" && (f.direct || f.features):
		return errors.New("-direct and -features measure an app in this process, which -url is not: leave one out")
	case f.direct && f.features:
		return errors.New("-features has a row for -direct: leave one out")
	}
	return nil
}

// load is the command load. It finds something if a bar is missed.
func (p program) load(ctx context.Context, args []string) int {
	flags, f := p.loadFlags()
	if _, code, ok := p.parse(flags, args, 0); !ok {
		return code
	}
	if err := f.check(); err != nil {
		fmt.Fprintf(p.Stderr, "%s load: %v\n", p.definition.Name, err)
		return exitUsage
	}
	missed, err := measure(ctx, *f, p.Stdout, p.definition)
	switch {
	case err != nil:
		return p.fail(fmt.Errorf("putting load on: %w", err))
	case missed != nil:
		fmt.Fprintf(p.Stderr, "missed: %s\n", strings.ReplaceAll(missed.Error(), "\n", "\nmissed: "))
		return exitFound
	}
	return exitOK
}

// measure writes what was measured, and returns which bars were missed.
func measure(ctx context.Context, flags loadFlags, stdout io.Writer, d Definition) (missed, err error) {
	l := &loading{loadFlags: flags, definition: d, tracer: sdktrace.NewTracerProvider(sdktrace.WithBatcher(noSpans{})), meter: sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewManualReader()))}
	defer func() { err = errors.Join(err, l.tracer.Shutdown(context.WithoutCancel(ctx))) }()
	if l.plots, err = plots(ctx, d); err != nil {
		return nil, err
	}
	var disk load.Report
	if flags.url == "" {
		if disk, err = l.disk(ctx); err != nil {
			return nil, err
		}
		fmt.Fprintf(stdout, "disk: to append a page to a file and sync it takes one writer %v, p99 %v\n\n",
			disk.Latency.P50.Round(10*time.Microsecond), disk.Latency.P99.Round(10*time.Microsecond))
	}
	report, err := l.report(ctx, stdout)
	if err != nil {
		return nil, err
	}
	return report.Check(flags.bar(disk.Latency.P99)), nil
}

// bar is what has to be reached on a disk with this p99, zero if it is not known. No
// app is faster than its disk: three times its p99 is always allowed.
func (f loadFlags) bar(disk time.Duration) load.Bar {
	bar := load.Bar{PerMinute: f.min, P99: f.p99}
	if bar.P99 > 0 {
		bar.P99 = max(bar.P99, 3*disk)
	}
	return bar
}

// loading is one use of the load command.
type loading struct {
	loadFlags
	definition Definition
	plots      []plot
	tracer     *sdktrace.TracerProvider
	meter      *sdkmetric.MeterProvider
	behind     string // at the end of the last run of an app
}

// report measures what the flags ask for.
func (l *loading) report(ctx context.Context, stdout io.Writer) (report load.Report, err error) {
	switch {
	case l.features:
		return l.compare(ctx, stdout)
	case l.url != "":
		report, err = l.elsewhere(ctx)
	case l.direct:
		report, err = l.inApp(ctx, l.everything(), func(c *cast, a *App) do { return c.commands(a) })
	default:
		report, err = l.overLoopback(ctx)
	}
	if report.Calls == 0 {
		return report, err
	}
	return report, errors.Join(err, report.Write(stdout), l.writeBehind(stdout)) // of a run that was interrupted too
}

// writeBehind says what was left to do when the last run of an app ended: a rate is
// one that lasts if this stays small.
func (l *loading) writeBehind(stdout io.Writer) error {
	if l.behind == "" {
		return nil
	}
	_, err := fmt.Fprintf(stdout, "behind      %s\n", l.behind)
	return err
}

// behind is how many events projections have not seen, and channels not got.
func behind(a *App) string {
	var parts []string
	for _, p := range a.shownProjections() {
		parts = append(parts, fmt.Sprintf("%s %d", p.Name, p.Lag))
	}
	for _, c := range a.shownChannels() {
		parts = append(parts, fmt.Sprintf("%s %d", c.Name, c.Owed))
	}
	return strings.Join(parts, ", ")
}

// everything is an app with all that it has, telemetry being made and thrown away.
func (l *loading) everything() Options {
	return Options{Tracer: l.tracer, Meter: l.meter}
}

// run puts load on what a call does.
func (l *loading) run(ctx context.Context, call do) (load.Report, error) {
	o := load.Options{Writers: l.writers, Do: call, Kind: cause}
	if l.calls > 0 {
		o.Calls = l.calls
	} else {
		o.Duration, o.Warmup = l.duration, min(l.duration/10, 2*time.Second)
	}
	return load.Run(ctx, o)
}

// folder makes a folder for one run; done removes it.
func (l *loading) folder() (dir string, done func() error, err error) {
	dir, err = os.MkdirTemp(l.dir, l.definition.Name+"-load-")
	return dir, func() error { return os.RemoveAll(dir) }, err
}

func (l *loading) disk(ctx context.Context) (report load.Report, err error) {
	dir, done, err := l.folder()
	if err != nil {
		return load.Report{}, err
	}
	defer func() { err = errors.Join(err, done()) }()
	return diskAlone(ctx, dir, min(l.duration, 3*time.Second), l.calls)
}

// inApp opens an app in a folder of its own, runs it, and puts load on a target in
// this process.
func (l *loading) inApp(ctx context.Context, o Options, target func(*cast, *App) do) (load.Report, error) {
	return l.withApp(ctx, o, nil, func(ctx context.Context, a *App) (load.Report, error) {
		return l.run(ctx, target(newCast(l.plots, l.writers), a))
	})
}

// overLoopback sends commands to an app in this process as its callers do.
func (l *loading) overLoopback(ctx context.Context) (load.Report, error) {
	key, token, err := serve.NewKey("load", loadCaller.Tenant, loadCaller.Actor)
	if err != nil {
		return load.Report{}, err
	}
	o := l.everything()
	if o.Keys, err = serve.NewKeys(key); err != nil {
		return load.Report{}, err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return load.Report{}, err
	}
	base := &url.URL{Scheme: "http", Host: listener.Addr().String()}
	return l.withApp(ctx, o, listener, func(ctx context.Context, _ *App) (load.Report, error) {
		return l.callers(ctx, base, token)
	})
}

// elsewhere sends commands to an app that runs already.
func (l *loading) elsewhere(ctx context.Context) (load.Report, error) {
	base, err := url.Parse(l.url)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return load.Report{}, fmt.Errorf("-url %q is not an address such as http://127.0.0.1:8080", l.url)
	}
	token, err := os.ReadFile(l.keyFile)
	if err != nil {
		return load.Report{}, fmt.Errorf("reading -key-file: %w", err)
	}
	return l.callers(ctx, base, strings.TrimSpace(string(token)))
}

func (l *loading) callers(ctx context.Context, base *url.URL, token string) (load.Report, error) {
	client := load.Client(l.writers)
	defer client.CloseIdleConnections()
	return l.run(ctx, newCast(l.plots, l.writers).overHTTP(client, base, token))
}

// withApp opens an app, runs it while use runs, and closes it.
func (l *loading) withApp(ctx context.Context, o Options, listener net.Listener, use func(context.Context, *App) (load.Report, error)) (_ load.Report, err error) {
	dir, done, err := l.folder()
	if err != nil {
		return load.Report{}, err
	}
	defer func() { err = errors.Join(err, done()) }()
	o.Dir, o.Log = dir, slog.New(slog.DiscardHandler)
	a, err := Open(ctx, l.definition, o)
	if err != nil {
		return load.Report{}, err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(running, listener) }()
	report, err := use(ctx, a)
	l.behind = behind(a)
	stop()
	return report, errors.Join(err, <-ended)
}

// noSpans takes spans to nowhere, after all the work of making them.
type noSpans struct{}

func (noSpans) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (noSpans) Shutdown(context.Context) error                             { return nil }
