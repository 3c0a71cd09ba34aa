package cost

// Store is a database that keeps events for good. Its line stands beside an
// estimate as context: appending an event often costs more than routing it.
type Store struct {
	Name, Title, Provider string
	// Missing are prices that the book lacks; there is no line without them.
	Missing []*MissingPriceError
	uses    func(m *measured) []Use
}

// Stores are the event stores that the book knows, under the assumptions.
func Stores(book *Book, a Assumptions) []*Store {
	var stores []*Store
	for _, build := range []func(*shelf) *Store{dynamoDB, firestore, cosmosDB} {
		s := &shelf{book: book, region: a.Region, a: a}
		store := build(s)
		store.Missing = s.missing
		stores = append(stores, store)
	}
	return stores
}

// Uses is what appending a month of the type's events costs, and keeping them for
// the first month. It is nil when a price is missing.
func (s *Store) Uses(t *Traffic) []Use {
	if len(s.Missing) > 0 {
		return nil
	}
	return s.uses((&Path{}).measurements(t))
}

// dynamoDB writes each event by itself, and not in a transaction.
func dynamoDB(s *shelf) *Store {
	write, storage := s.price("dynamodb.on_demand/wru"), s.price("dynamodb.on_demand/storage")
	return &Store{Name: "dynamodb", Title: "DynamoDB on demand", Provider: "aws", uses: func(m *measured) []Use {
		return []Use{
			{write, m.events * m.chunks(write.Chunk, 1), "one write for each kilobyte begun; twice as many in a transaction"},
			{storage, storage.FromBytes(m.bytes()), "the first month of what a month adds"},
		}
	}}
}

// firestore has no price of storage in the book, so that its line is for writes
// alone.
func firestore(s *shelf) *Store {
	s.region = "gcp-global"
	write := s.price("firestore.multi_region/write")
	return &Store{Name: "firestore", Title: "Firestore, multi-region", Provider: "gcp", uses: func(m *measured) []Use {
		return []Use{{write, m.events, "one document for each event; storage is not in the price book"}}
	}}
}

func cosmosDB(s *shelf) *Store {
	s.region = "azure-eastus"
	units, storage := s.price("cosmos.nosql/serverless_ru"), s.price("cosmos.nosql/storage")
	perKB := s.limit("cosmos.write/ru_per_kb")
	return &Store{Name: "cosmosdb", Title: "Cosmos DB serverless", Provider: "azure", uses: func(m *measured) []Use {
		return []Use{
			{units, m.events * perKB * m.chunks(1024, 1) / 1e6, formatNumber(perKB) + " request units for each kilobyte begun, assumed"},
			{storage, storage.FromBytes(m.bytes()), "the first month of what a month adds"},
		}
	}}
}
