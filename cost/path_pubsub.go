package cost

// pubSub bills the bytes of what is published and of each delivery, with what it
// adds to a message and a least size of a request.
func pubSub(s *shelf) *Path {
	s.region = "gcp-global"
	throughput := s.price("pubsub/throughput")
	a := s.a
	var retained *Figure
	if a.Retention > includedRetention {
		retained = s.price("pubsub/retained_storage")
	}
	return &Path{
		Name: "pubsub", Title: "Pub/Sub", Provider: "gcp", batches: true,
		Ordering: PerKey, Latency: s.book.Latency("pubsub"), MaxBytes: s.bytes("pubsub.message/max_bytes"),
		measure: func(m *measured, q *Quote) {
			bytes := 0.0
			for _, size := range m.traffic.Sizes {
				bytes += float64(size.Share * max(float64(size.Bytes+throughput.Overhead), float64(throughput.Minimum)/m.fill))
			}
			q.use(throughput, throughput.FromBytes(m.events*bytes), "published, %s bytes an event with attributes", formatNumber(bytes))
			q.use(throughput, throughput.FromBytes(m.events*bytes*float64(len(m.consumers))), "delivered to %d subscriptions", len(m.consumers))
			if retained != nil {
				q.use(retained, retained.FromBytes(m.stored(a.Retention-includedRetention)), "retention beyond 24 hours")
			}
		},
	}
}
