package main

import (
	"example.com/orders/internal/nexus/app"
	"example.com/orders/internal/order"
	"example.com/orders/internal/readmodel"
)

// definition is all that the app is made of. `nexus add` extends it.
func definition() app.Definition {
	return app.Definition{
		Name:    "orders",
		Title:   "Orders",
		Summary: "From the confirmed basket to the parcel, or to the money back.",
		Files:   files,
		Kinds: []app.Kind{
			app.KindOf(order.Aggregate),
		},
		Models: []app.Model{
			readmodel.Orders,
			readmodel.Parcels,
		},
	}
}
