package event

import "testing"

func TestShortType(t *testing.T) {
	for name, want := range map[string]string{
		"OrderPlaced": "OrderPlaced", "com.shop.OrderPlaced": "OrderPlaced", "com.shop.OrderPlaced.v2": "OrderPlaced",
		"shop/OrderPlaced": "OrderPlaced", "shop:OrderPlaced:3": "OrderPlaced", "v2": "v2", "": "", "video": "video", "a.": "",
	} {
		if got := ShortType(name); got != want {
			t.Errorf("ShortType(%q) = %q, want %q", name, got, want)
		}
	}
}
