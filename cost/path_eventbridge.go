package cost

// eventBridgeSQS puts events on a bus, whose rules deliver to a queue for each
// consumer. The bus bills every event by its chunks; sending many in a request
// saves nothing there.
func eventBridgeSQS(s *shelf) *Path {
	event := s.price("eventbridge/custom_event")
	queue := newQueue(s, "standard")
	// The quotas of many regions are not in the book; there is nothing to refuse then.
	puts, _ := s.book.Limit("eventbridge." + s.region + "/put_events_s")
	invocations, _ := s.book.Limit("eventbridge." + s.region + "/invocations_s")
	return &Path{
		Name: "eventbridge-sqs", Title: "EventBridge to SQS", Provider: "aws", batches: true,
		Ordering: Unordered, Latency: s.book.Latency("eventbridge-sqs"), MaxBytes: s.bytes("eventbridge.event/max_bytes"),
		quota: Load{RecordsIn: puts, RecordsOut: invocations},
		measure: func(m *measured, q *Quote) {
			q.use(event, m.events*m.chunks(event.Chunk, 1), "events in chunks of %d bytes", event.Chunk)
			for _, c := range m.consumers {
				queue.delivered(m, c, q)
			}
			q.Load = Load{RecordsIn: m.peak.Records, RecordsOut: m.peak.Records * float64(len(m.consumers))}
			if puts > 0 && m.peak.Records > puts {
				q.refuse("quota", "EventBridge takes %s events a second in %s by default, and %s peaks at %s", amount(puts), s.region, m.traffic.Type, amount(m.peak.Records))
			}
			if peak := m.peak.Records * float64(len(m.consumers)); invocations > 0 && peak > invocations {
				q.refuse("quota", "EventBridge delivers %s events a second in %s by default, and %s peaks at %s", amount(invocations), s.region, m.traffic.Type, amount(peak))
			}
		},
	}
}
