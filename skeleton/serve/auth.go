package serve

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// Caller is who sent a request. All of it comes from the key, nothing from the
// request.
type Caller struct {
	Key    string // the id of its key
	Tenant string // whose data it may see and change
	Actor  string // who did it, as events will say
}

// Key is what is kept of a key: not its secret.
type Key struct {
	ID     string `json:"id"`
	Tenant string `json:"tenant"`
	Actor  string `json:"actor"`
	SHA256 string `json:"sha256"` // of the secret, in hexadecimal
	// Expires is when the key ceases to be one; zero is never.
	Expires time.Time `json:"expires,omitzero"`
}

// NewKey makes a key with a random secret, and the token that its holder sends:
// the id, a dot, and the secret. The token cannot be had a second time. A plain
// hash is enough to keep since nobody can try out 256 random bits.
func NewKey(id, tenant, actor string) (key Key, token string, err error) {
	var random [32]byte
	rand.Read(random[:]) // never fails
	secret := base64.RawURLEncoding.EncodeToString(random[:])
	sum := sha256.Sum256([]byte(secret))
	key = Key{ID: id, Tenant: tenant, Actor: actor, SHA256: hex.EncodeToString(sum[:])}
	if fault := key.fault(); fault != "" {
		return Key{}, "", fmt.Errorf("making the key %.100q: %s", id, fault)
	}
	return key, id + "." + secret, nil
}

// Keys are the keys of an app. The zero value is nobody's.
type Keys struct{ byID map[string]holder }

type holder struct {
	sum     [sha256.Size]byte
	expires time.Time
	Caller
}

// ParseKeys reads keys as WriteKeys writes them: {"keys": [{"id": …, "tenant": …,
// "actor": …, "sha256": …, "expires": "2027-01-31T00:00:00Z"}]}. A key without
// expires is one for ever. Unknown members and ids that are there twice are
// errors.
func ParseKeys(text []byte) (*Keys, error) {
	keys, err := ListKeys(text)
	if err != nil {
		return nil, err
	}
	return NewKeys(keys...)
}

// ListKeys are the keys of a text that ParseKeys reads, as they stand there. There
// may be none.
func ListKeys(text []byte) ([]Key, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var file keyFile
	if err := decoder.Decode(&file); err != nil {
		return nil, fmt.Errorf("reading keys: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("reading keys: something follows the end of the document")
	}
	return file.Keys, nil
}

type keyFile struct {
	Keys []Key `json:"keys"`
}

// WriteKeys writes keys so that ParseKeys reads them.
func WriteKeys(w io.Writer, keys ...Key) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(keyFile{Keys: keys})
}

// ErrNoKeys is a list of keys that is empty.
var ErrNoKeys = errors.New("there are none, so nobody could ask anything")

// NewKeys are the keys of an app; there must be one at least.
func NewKeys(keys ...Key) (*Keys, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("reading keys: %w", ErrNoKeys)
	}
	k := &Keys{byID: make(map[string]holder, len(keys))}
	for i, key := range keys {
		if fault := key.fault(); fault != "" {
			return nil, fmt.Errorf("reading keys: key %d, %.100q: %s", i+1, key.ID, fault)
		}
		if _, twice := k.byID[key.ID]; twice {
			return nil, fmt.Errorf("reading keys: key %d: the id %q is there twice", i+1, key.ID)
		}
		h := holder{expires: key.Expires, Caller: Caller{Key: key.ID, Tenant: key.Tenant, Actor: key.Actor}}
		if _, err := hex.Decode(h.sum[:], []byte(key.SHA256)); err != nil {
			return nil, fmt.Errorf("reading keys: key %d, %q: its sha256 is not in hexadecimal", i+1, key.ID)
		}
		k.byID[key.ID] = h
	}
	return k, nil
}

var (
	keyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	label = regexp.MustCompile(`^[\pL\pN][\pL\pN ._@:+-]{0,127}$`)
)

// fault says what is wrong with a key, or nothing.
func (k Key) fault() string {
	switch {
	case !keyID.MatchString(k.ID):
		return "an id has 1 to 64 letters, digits, - and _"
	case !label.MatchString(k.Tenant):
		return "it needs a tenant, of at most 128 letters, digits, spaces and ._@:+-"
	case !label.MatchString(k.Actor):
		return "it needs an actor, of at most 128 letters, digits, spaces and ._@:+-"
	case len(k.SHA256) != 2*sha256.Size:
		return fmt.Sprintf("its sha256 has %d characters, not %d", len(k.SHA256), 2*sha256.Size)
	}
	return ""
}

// caller is whose key a request shows. An address that was wrong about a key too
// often is not heard for a while.
func (s *Server) caller(r *http.Request) (holder, *Problem) {
	id, secret, sent := credential(r)
	by := guess{address: s.Address(r)}
	if keyID.MatchString(id) {
		by.id = id
	}
	if left := s.guesses.locked(by); sent && left > 0 {
		return holder{}, &Problem{Status: http.StatusTooManyRequests, Code: "too-many-attempts", RetryAfter: left,
			Detail: "this key was wrong too often: wait, then send the right one"}
	}
	shown, ok := s.Keys().check(id, secret, sent)
	if !ok {
		if sent {
			s.guesses.fail(by)
		}
		return holder{}, &Problem{Status: http.StatusUnauthorized, Code: "no-key", Detail: "send a key: Authorization: Bearer KEY, or X-API-Key: KEY"}
	}
	s.guesses.succeed(by)
	if shown.expired(s.Now()) {
		return holder{}, &Problem{Status: http.StatusUnauthorized, Code: "key-expired", Detail: "this key is not valid any more: ask for another one"}
	}
	return shown, nil
}

// check compares hashes in constant time, and does so for ids that nobody has as
// well: the time that it takes tells nothing about keys.
func (k *Keys) check(id, secret string, sent bool) (holder, bool) {
	h, known := k.byID[id]
	sum := sha256.Sum256([]byte(secret))
	same := subtle.ConstantTimeCompare(sum[:], h.sum[:]) == 1
	if !sent || !known || !same {
		return holder{}, false
	}
	return h, true
}

// lookAgain is how long whoever lost his key may go on with what he began.
const lookAgain = time.Second

// whileValid ends when the key of the caller expires or is revoked: an answer that
// goes on and on is not for whoever had a key once.
func (s *Server) whileValid(ctx context.Context) (context.Context, context.CancelFunc) {
	shown := holderOf(ctx)
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		again := time.NewTicker(lookAgain)
		defer again.Stop()
		for s.stands(shown) {
			select {
			case <-ctx.Done():
				return
			case <-again.C:
			}
		}
	}()
	return ctx, cancel
}

// stands reports whether a key is still what it was when it was shown.
func (s *Server) stands(shown holder) bool {
	now, known := s.Keys().byID[shown.Key]
	return known && now.sum == shown.sum && now.Caller == shown.Caller && !now.expired(s.Now())
}

func (h holder) expired(now time.Time) bool { return !h.expires.IsZero() && !now.Before(h.expires) }

// maxCredential bounds what is hashed for somebody who is not known yet.
const maxCredential = 512

// credential reads the id and the secret of a key. Several credentials are none:
// which of them was meant, another reader of the request might see otherwise.
func credential(r *http.Request) (id, secret string, ok bool) {
	authorization, apiKey := r.Header.Values("Authorization"), r.Header.Values("X-Api-Key")
	if len(authorization)+len(apiKey) != 1 {
		return "", "", false
	}
	token := strings.Join(apiKey, "")
	if len(authorization) == 1 {
		scheme, value, _ := strings.Cut(authorization[0], " ")
		switch {
		case len(value) > maxCredential:
			return "", "", false
		case strings.EqualFold(scheme, "Basic"):
			return r.BasicAuth()
		case !strings.EqualFold(scheme, "Bearer"):
			return "", "", false
		}
		token = value
	}
	if len(token) > maxCredential {
		return "", "", false
	}
	id, secret, ok = strings.Cut(token, ".")
	return id, secret, ok
}
