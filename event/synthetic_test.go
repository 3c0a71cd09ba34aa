package event

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// syntheticLog is a native log of lines of about 415 bytes over a few types and
// many streams. Irregular logs leave attributes out and change their order.
func syntheticLog(events int, irregular bool) []byte {
	var b bytes.Buffer
	types := []string{"orders.OrderPlaced.v1", "orders.OrderPaid.v2", "orders.OrderShipped.v1", "orders.ItemAdded.v1"}
	for i := range events {
		stream, sequence := i%20000, i/20000+1
		causation := fmt.Sprintf(`"causationid":"01J8Z3K5Q7M9N1P3%08d",`, max(i-1, 0))
		schema := `"dataschema":"nexus://orders/Order/2",`
		if irregular && i%3 == 0 {
			causation = ""
		}
		if irregular && i%2 == 0 {
			causation, schema = schema, causation
		}
		fmt.Fprintf(&b, `{"specversion":"1.0","id":"01J8Z3K5Q7M9N1P3%08d","source":"/shop/orders","type":"%s","subject":"order-%06d",`+
			`"time":"2025-03-01T10:%02d:%02d.%03dZ","sequence":"%020d","correlationid":"5f1c7d52-9a7e-4f1e-8d1a-%012d",%s%s`+
			`"data":{"status":"paid","amount":%d.%02d,"item":{"sku":"SKU-%04d","quantity":%d}}}`+"\n",
			i, types[i%4], stream, i/60%60, i%60, i%1000, sequence, stream, causation, schema, i%500, i%100, i%3000, i%5+1)
	}
	return b.Bytes()
}

func writeLog(t testing.TB, name string, text []byte) string {
	t.Helper()
	name = filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
