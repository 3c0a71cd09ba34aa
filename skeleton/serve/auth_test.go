package serve

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func someKey(t testing.TB, id string) (Key, string) {
	t.Helper()
	key, token, err := NewKey(id, "north ltd", "robot@north")
	if err != nil {
		t.Fatal(err)
	}
	return key, token
}

// callerOf is whose key a request shows.
func callerOf(keys *Keys, r *http.Request) (Caller, bool) {
	id, secret, sent := credential(r)
	holder, ok := keys.check(id, secret, sent)
	return holder.Caller, ok
}

func TestKeysKnowTheirHolders(t *testing.T) {
	key, token := someKey(t, "one")
	other, otherToken := someKey(t, "two")
	keys, err := NewKeys(key, other)
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimPrefix(token, "one.")
	basic := func(user, password string) string {
		r := httptest.NewRequest("GET", "/", nil)
		r.SetBasicAuth(user, password)
		return r.Header.Get("Authorization")
	}
	for _, test := range []struct {
		name    string
		headers [][2]string
		want    string // the id of the key; empty is nobody
	}{
		{"bearer", [][2]string{{"Authorization", "Bearer " + token}}, "one"},
		{"bearer in small letters", [][2]string{{"Authorization", "bearer " + otherToken}}, "two"},
		{"api key", [][2]string{{"X-API-Key", token}}, "one"},
		{"basic", [][2]string{{"Authorization", basic("one", secret)}}, "one"},
		{"nothing", nil, ""},
		{"an empty bearer", [][2]string{{"Authorization", "Bearer "}}, ""},
		{"no scheme", [][2]string{{"Authorization", token}}, ""},
		{"another scheme", [][2]string{{"Authorization", "Digest " + token}}, ""},
		{"the secret of another key", [][2]string{{"Authorization", "Bearer two." + secret}}, ""},
		{"an id that nobody has", [][2]string{{"Authorization", "Bearer three." + secret}}, ""},
		{"no secret", [][2]string{{"Authorization", "Bearer one."}}, ""},
		{"no id", [][2]string{{"Authorization", "Bearer ." + secret}}, ""},
		{"the hash instead of the secret", [][2]string{{"Authorization", "Bearer one." + key.SHA256}}, ""},
		{"a secret that goes on", [][2]string{{"Authorization", "Bearer " + token + "x"}}, ""},
		{"two credentials", [][2]string{{"Authorization", "Bearer " + token}, {"X-API-Key", token}}, ""},
		{"one twice", [][2]string{{"X-API-Key", token}, {"X-API-Key", token}}, ""},
		{"a huge one", [][2]string{{"X-API-Key", "one." + strings.Repeat("x", 1<<20)}}, ""},
		{"a broken basic", [][2]string{{"Authorization", "Basic !!!"}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/?key="+token, nil)
			for _, header := range test.headers {
				r.Header.Add(header[0], header[1])
			}
			caller, ok := callerOf(keys, r)
			if caller.Key != test.want || ok != (test.want != "") {
				t.Errorf("caller is %+v, %v; want %q", caller, ok, test.want)
			}
			if ok && (caller.Tenant != "north ltd" || caller.Actor != "robot@north") {
				t.Errorf("caller is %+v", caller)
			}
		})
	}
}

func TestTokensAreNotKeptAndDiffer(t *testing.T) {
	first, token := someKey(t, "one")
	_, again := someKey(t, "one")
	var file bytes.Buffer
	if err := WriteKeys(&file, first); err != nil {
		t.Fatal(err)
	}
	if token == again || strings.Contains(file.String(), strings.TrimPrefix(token, "one.")) {
		t.Errorf("two tokens are %q and %q, and what is kept is %s", token, again, &file)
	}
}

func TestParseKeysSaysWhatIsWrong(t *testing.T) {
	sum := strings.Repeat("ab", 32)
	for _, test := range [][2]string{
		{`{"keys": []}`, "there are none"},
		{`{}`, "there are none"},
		{`[]`, "cannot unmarshal"},
		{`{"keys": [{"id": "a", "tenant": "t", "actor": "x", "sha256": "` + sum + `", "secret": "s"}]}`, `unknown field "secret"`},
		{`{"keys": [{"id": "a", "tenant": "t", "actor": "x", "sha256": "` + sum + `"}]} {}`, "something follows"},
		{`{"keys": [{"id": "a.b", "tenant": "t", "actor": "x", "sha256": "` + sum + `"}]}`, "an id has"},
		{`{"keys": [{"id": "a", "tenant": "t/u", "actor": "x", "sha256": "` + sum + `"}]}`, "needs a tenant"},
		{`{"keys": [{"id": "a", "tenant": "", "actor": "x", "sha256": "` + sum + `"}]}`, "needs a tenant"},
		{`{"keys": [{"id": "a", "tenant": "t", "actor": "\n", "sha256": "` + sum + `"}]}`, "needs an actor"},
		{`{"keys": [{"id": "a", "tenant": "t", "actor": "x", "sha256": "ab"}]}`, "has 2 characters, not 64"},
		{`{"keys": [{"id": "a", "tenant": "t", "actor": "x", "sha256": "` + strings.Repeat("zz", 32) + `"}]}`, "not in hexadecimal"},
		{`{"keys": [{"id": "a", "tenant": "t", "actor": "x", "sha256": "` + sum + `"}, {"id": "a", "tenant": "u", "actor": "x", "sha256": "` + sum + `"}]}`, "there twice"},
	} {
		if _, err := ParseKeys([]byte(test[0])); err == nil || !strings.Contains(err.Error(), test[1]) {
			t.Errorf("%s: error %v, want one about %q", test[0], err, test[1])
		}
	}
}

// Keys that can be read are written and read again as the same.
func FuzzParseKeys(f *testing.F) {
	key, _ := someKey(f, "one")
	var file bytes.Buffer
	if err := WriteKeys(&file, key); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	f.Add([]byte(`{"keys": [{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		keys, err := ParseKeys(text)
		if err != nil {
			return
		}
		for id, holder := range keys.byID {
			if id == "" || holder.Tenant == "" || holder.Actor == "" || holder.Key != id {
				t.Fatalf("key %q is of %+v", id, holder.Caller)
			}
			if _, ok := keys.check(id, "", true); ok {
				t.Fatalf("key %q is shown without its secret", id)
			}
		}
	})
}

// Nobody is let in who does not send exactly what the holder of the key sends.
func FuzzCredential(f *testing.F) {
	const secret = "s3cret"
	sum := sha256.Sum256([]byte(secret))
	keys, err := NewKeys(Key{ID: "one", Tenant: "north", Actor: "robot", SHA256: hex.EncodeToString(sum[:])})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][2]string{{"Bearer one." + secret, ""}, {"", "one." + secret}, {"Basic b25lOnMzY3JldA==", ""}, {"Bearer one.", "x"}, {"Basic Og==", ""}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, authorization, apiKey string) {
		r := httptest.NewRequest("GET", "/", nil)
		for name, value := range map[string]string{"Authorization": authorization, "X-Api-Key": apiKey} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		if _, ok := callerOf(keys, r); !ok {
			return
		}
		user, password, basic := r.BasicAuth()
		_, bearer, _ := strings.Cut(authorization, " ")
		if !(apiKey == "one."+secret || bearer == "one."+secret || basic && user == "one" && password == secret) || authorization != "" && apiKey != "" {
			t.Errorf("Authorization: %q and X-API-Key: %q are let in", authorization, apiKey)
		}
	})
}

func TestWrittenKeysAreRead(t *testing.T) {
	one, _ := someKey(t, "one")
	two, _ := someKey(t, "two")
	var file bytes.Buffer
	if err := WriteKeys(&file, one, two); err != nil {
		t.Fatal(err)
	}
	read, err := ParseKeys(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	want, err := NewKeys(one, two)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, read, cmp.AllowUnexported(Keys{}, holder{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("keys that were written and read (-want +got):\n%s", diff)
	}
}

func BenchmarkCaller(b *testing.B) {
	key, token := someKey(b, "one")
	keys, err := NewKeys(key)
	if err != nil {
		b.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := callerOf(keys, r); !ok {
			b.Fatal("not known")
		}
	}
}

func TestKeysExpire(t *testing.T) {
	key, token := someKey(t, "one")
	key.Expires = noon
	var file bytes.Buffer
	if err := WriteKeys(&file, key); err != nil {
		t.Fatal(err)
	}
	keys, err := ParseKeys(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("X-API-Key", token)
	for after, want := range map[time.Duration]string{-time.Nanosecond: "", 0: "key-expired", time.Hour: "key-expired"} {
		s, err := New(Options{Keys: func() *Keys { return keys }, Now: func() time.Time { return noon.Add(after) }})
		if err != nil {
			t.Fatal(err)
		}
		caller, problem := s.caller(r)
		if problem == nil {
			problem = &Problem{}
		}
		if problem.Code != want || (caller.Key == "one") != (want == "") {
			t.Errorf("%v after the key expired: %+v, %+v", after, caller, problem)
		}
	}
	if _, err := ParseKeys([]byte(strings.Replace(file.String(), "2026", "soon", 1))); err == nil {
		t.Error("a key that expires at no moment was read")
	}
}
