package app

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"example.com/orders/internal/nexus/serve"
)

// serveOptions are what serve is told.
type serveOptions struct {
	addr  string
	data  string
	proxy bool
}

func (p program) serveFlags() (*flag.FlagSet, *serveOptions) {
	flags := p.flags("serve", "", "Answers over HTTP until it is interrupted.")
	var o serveOptions
	flags.StringVar(&o.addr, "addr", "127.0.0.1:8080", "the `address` to listen on; port 0 is one that is free")
	flags.StringVar(&o.data, "data", "data", "the data `folder`; it is made if it is not there")
	flags.BoolVar(&o.proxy, "proxy", false, "a proxy is in front of the app: callers are told apart by the last entry of\nX-Forwarded-For. Only where nobody reaches the app past the proxy")
	return flags, &o
}

// serve is the command serve.
func (p program) serve(ctx context.Context, args []string) int {
	flags, o := p.serveFlags()
	if _, code, ok := p.parse(flags, args, 0); !ok {
		return code
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.addr)
	switch {
	case malformed(err):
		fmt.Fprintf(p.Stderr, "%s serve: -addr %s: %v: name a host of this machine and a port, such as 127.0.0.1:8080\n", p.definition.Name, o.addr, err)
		return exitUsage
	case err != nil:
		return p.fail(fmt.Errorf("listening on %s: %w", o.addr, err))
	}
	defer listener.Close() // the server closes it too
	if err := p.run(ctx, listener, *o); err != nil {
		return p.fail(err)
	}
	return exitOK
}

// malformed reports whether an address is none on any machine: it was called wrongly.
func malformed(err error) bool {
	if _, ok := errors.AsType[*net.AddrError](err); ok {
		return true
	}
	unknown, ok := errors.AsType[*net.DNSError](err)
	return ok && unknown.IsNotFound
}

// run opens the app and serves until ctx is done.
func (p program) run(ctx context.Context, listener net.Listener, o serveOptions) (err error) {
	log := p.logger()
	sdk, err := newSDK(p.Getenv, p.definition.Name, log)
	if err != nil {
		return err
	}
	a, err := Open(ctx, p.definition, Options{Dir: o.data, Log: log, Tracer: sdk.tracer, Meter: sdk.meter, BehindProxy: o.proxy})
	if err != nil {
		sdk.shutdown(ctx, log)
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	defer sdk.shutdown(ctx, log) // before the app is closed, which the last metrics are read from
	p.greet(log, listener.Addr(), o.data)
	err = a.Run(ctx, listener)
	log.Info("stopped")
	return err
}

// greet says where the app is and how to begin.
func (p program) greet(log *slog.Logger, addr net.Addr, dir string) {
	log.Info("serving", "app", p.definition.Name, "url", "http://"+addr.String(), "page", "http://"+addr.String()+"/ui", "data", dir)
	if tcp, ok := addr.(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		log.Warn("others on the network can reach the app, and keys travel in the clear", "hint", "put a proxy with TLS in front of it")
	}
	token := filepath.Join(dir, devKeyFile)
	if _, err := os.Stat(token); err == nil {
		log.Info("a key for trying things out", "token_in", token)
	}
}

// key is the command key.
func (p program) key(ctx context.Context, args []string) int {
	flags := p.flags("key", "NAME", "Makes a key and prints its token, which cannot be had a second time.\nAn app that runs knows the key within a second. One that is removed from keys.json\nis a key no longer.")
	dir := dataFlag(flags)
	tenant := flags.String("tenant", "dev", "whose data the key may see and change")
	actor := flags.String("actor", "", "who acts with it, as events will say (default: the name of the key)")
	var expires time.Time
	flags.Func("expires", "the `day` from which on the key is none any more, such as 2027-01-31, in UTC (default: never)", func(text string) (err error) {
		expires, err = time.Parse(time.DateOnly, text)
		return err
	})
	rest, code, ok := p.parse(flags, args, 1)
	if !ok {
		return code
	}
	if len(rest) == 0 {
		fmt.Fprintf(p.Stderr, "%s key: name the key, such as: %s key ann\n", p.definition.Name, p.definition.Name)
		return exitUsage
	}
	if *actor == "" {
		*actor = rest[0]
	}
	key, token, err := serve.NewKey(rest[0], *tenant, *actor)
	if err != nil {
		fmt.Fprintf(p.Stderr, "%s key: %v\n", p.definition.Name, err)
		return exitUsage
	}
	key.Expires = expires
	if err := os.MkdirAll(*dir, 0o700); err != nil {
		return p.fail(fmt.Errorf("making the data folder: %w", err))
	}
	if err := addKey(ctx, *dir, key); err != nil {
		return p.fail(err)
	}
	fmt.Fprintln(p.Stdout, token)
	return exitOK
}

// openapi is the command openapi.
func (p program) openapi(ctx context.Context, args []string) int {
	flags := p.flags("openapi", "", "Prints the description of the HTTP interface, in OpenAPI.")
	if _, code, ok := p.parse(flags, args, 0); !ok {
		return code
	}
	key, token, err := serve.NewKey("openapi", "none", "openapi")
	if err != nil {
		return p.fail(err)
	}
	keys, err := serve.NewKeys(key)
	if err != nil {
		return p.fail(err)
	}
	a, err := Open(ctx, p.definition, Options{Keys: keys, NoTelemetry: true})
	if err != nil {
		return p.fail(err)
	}
	defer a.Close() // in memory: nothing can be lost
	text, err := a.get(ctx, "/openapi.json", token)
	if err != nil {
		return p.fail(fmt.Errorf("describing the interface: %w", err))
	}
	if _, err := p.Stdout.Write(text); err != nil {
		return p.fail(err)
	}
	return exitOK
}
