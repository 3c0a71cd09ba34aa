package report

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
)

// Fingerprint identifies a finding across runs: the first 32 hex digits of
// SHA-256 over "v1", rule, subject, direction, pointer and the canonical JSON
// of before and after, each length-prefixed. It never depends on file, line,
// message, witness or tool version, so that a waiver survives a reformatting.
func Fingerprint(rule, subject, direction, pointer string, before, after any) string {
	sum := sha256.New()
	var size [8]byte
	for _, part := range []string{"v1", rule, subject, direction, pointer, canonical(before), canonical(after)} {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		sum.Write(size[:])
		sum.Write([]byte(part))
	}
	return hex.EncodeToString(sum.Sum(nil))[:32]
}

// canonical is the JSON text of v with sorted keys and without spaces.
// encoding/json sorts map keys; numbers stay as they were written.
func canonical(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(text)
}
