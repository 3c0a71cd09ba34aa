package document

import "strings"

// Join appends reference tokens to a JSON pointer (RFC 6901), escaping ~ and /.
func Join(pointer string, tokens ...string) string {
	switch {
	case len(tokens) == 0:
		return pointer
	case len(tokens) == 1 && !strings.ContainsAny(tokens[0], "~/"):
		return pointer + "/" + tokens[0]
	}
	var b strings.Builder
	b.WriteString(pointer)
	for _, token := range tokens {
		b.WriteByte('/')
		for i := range len(token) {
			switch token[i] {
			case '~':
				b.WriteString("~0")
			case '/':
				b.WriteString("~1")
			default:
				b.WriteByte(token[i])
			}
		}
	}
	return b.String()
}

// Split is the inverse of Join: the unescaped reference tokens of a pointer.
// The empty pointer, which is the whole document, has none.
func Split(pointer string) []string {
	if pointer == "" {
		return nil
	}
	tokens := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, token := range tokens {
		tokens[i] = unescape(token)
	}
	return tokens
}

// Last is the last reference token of a pointer, unescaped; the empty pointer
// has none.
func Last(pointer string) string {
	return unescape(pointer[strings.LastIndexByte(pointer, '/')+1:])
}

func unescape(token string) string {
	if strings.IndexByte(token, '~') < 0 {
		return token
	}
	// ~1 first, so that ~01 becomes ~1 and not /.
	return strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
}
