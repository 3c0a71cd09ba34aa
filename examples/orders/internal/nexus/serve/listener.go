package serve

import (
	"net"
	"sync"
)

// limited takes so many connections at a time. Further ones wait in the backlog of
// the system until one ends, and none is cut off.
type limited struct {
	net.Listener
	places chan struct{}
	closed chan struct{}
	close  func() error
}

func limitConnections(listener net.Listener, most int) net.Listener {
	closed := make(chan struct{})
	return &limited{
		Listener: listener, places: make(chan struct{}, most), closed: closed,
		close: sync.OnceValue(func() error {
			close(closed)
			return listener.Close()
		}),
	}
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	connection, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	leave := sync.OnceFunc(func() { <-l.places })
	return &counted{Conn: connection, leave: leave}, nil
}

// Close implements net.Listener.
func (l *limited) Close() error { return l.close() }

// counted is a connection that has a place until it is closed.
type counted struct {
	net.Conn
	leave func()
}

// Close implements net.Conn.
func (p *counted) Close() error {
	defer p.leave()
	return p.Conn.Close()
}
