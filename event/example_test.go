package event_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/nexus-blueprint/nexus/event"
)

func ExampleOpen() {
	in := strings.NewReader(`{"pk":"order-17","version":1,"type":"OrderPlaced","data":{"amount":12.50}}
{"pk":"order-17","version":2,"type":"OrderPaid","data":{"amount":12.50}}
`)
	log, err := event.Open(context.Background(), []string{"-"}, event.Options{Stdin: in})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(log.Mapping())
	for e, err := range log.Events(context.Background()) {
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s #%d %s %s\n", e.Stream, e.Sequence, e.Type, e.Data)
	}
	// Output:
	// json: type=type 2/2, stream=pk 2/2, sequence=version 2/2 contiguous, data=data 2/2
	// order-17 #1 OrderPlaced {"amount":12.50}
	// order-17 #2 OrderPaid {"amount":12.50}
}

func ExampleAppendNative() {
	e := event.Event{
		ID: []byte("e2"), Source: "/orders", Type: "orders.OrderPaid.v2", Stream: []byte("order-17"),
		Sequence: 2, HasSequence: true, Data: []byte(`{"amount":12.50}`),
	}
	fmt.Printf("%s", event.AppendNative(nil, &e))
	// Output:
	// {"specversion":"1.0","id":"e2","source":"/orders","type":"orders.OrderPaid.v2","subject":"order-17","sequence":"00000000000000000002","data":{"amount":12.50}}
}
