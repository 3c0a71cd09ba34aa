package event

import "strings"

// ShortType is the last part of a type's name without its version: OrderPlaced
// for com.shop.OrderPlaced, com.shop.OrderPlaced.v2 and shop/OrderPlaced. Systems
// prefix the names of types, and catalogs leave the prefix out.
func ShortType(name string) string {
	last := func(name string) string { return name[strings.LastIndexAny(name, "./:")+1:] }
	short := last(name)
	if isVersion(short) && len(short) < len(name) {
		short = last(name[:len(name)-len(short)-1])
	}
	return short
}

// isVersion reports whether a part of a type's name is a version, such as v2.
func isVersion(part string) bool {
	digits := strings.TrimPrefix(part, "v")
	return digits != "" && strings.Trim(digits, "0123456789") == ""
}
