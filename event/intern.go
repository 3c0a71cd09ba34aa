package event

// maxInterned bounds the table, so that a log whose types are all different
// costs time and not memory.
const maxInterned = 1 << 14

// An interner gives equal texts one string. The few strings of a log that come
// again and again are found without hashing them whole.
type interner struct {
	recent [64]string
	all    map[string]string
}

func (n *interner) intern(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	slot := &n.recent[(len(text)*31+int(text[0])+int(text[len(text)/2])*7+int(text[len(text)-1])*13)%len(n.recent)]
	if *slot == string(text) {
		return *slot
	}
	s, ok := n.all[string(text)]
	if !ok {
		s = string(text)
		if n.all == nil {
			n.all = map[string]string{}
		}
		if len(n.all) < maxInterned {
			n.all[s] = s
		}
	}
	*slot = s
	return s
}
