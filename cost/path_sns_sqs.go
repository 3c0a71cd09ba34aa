package cost

// queue is how the consumers of a path take events from queues of SQS, one queue
// for each consumer of each type.
type queue struct {
	request *Figure // receives, deletes and what producers send
	send    *Figure // what SQS bills when another service delivers
	high    bool    // it bills a request
	pollers map[ConsumerKind]float64
	wait    float64 // seconds that an empty receive waits
	empty   bool
}

func newQueue(s *shelf, kind string) *queue {
	return &queue{
		request: s.price("sqs." + kind + "/request"),
		send:    s.price("sqs." + kind + "/send_by_service"),
		high:    s.a.SQSSend == "high",
		pollers: map[ConsumerKind]float64{Lambda: s.limit("lambda.sqs/pollers")},
		wait:    s.limit("sqs.long_poll/wait_s"),
		empty:   s.a.EmptyPolls,
	}
}

// delivered counts what each of m's events costs at a queue that another service
// fills: perhaps the send, and receive and delete.
func (u *queue) delivered(m *measured, c Consumer, q *Quote) {
	sends := m.events * m.chunks(u.request.Chunk, 1)
	if u.high {
		q.use(u.request, sends, "send to the queue%s, if SQS bills it", of(c))
	} else {
		q.use(u.send, sends, "send to the queue%s, taken as free: not settled by public sources", of(c))
	}
	u.consumed(m, c, q)
}

// consumed counts receives, deletes and empty polls of one consumer. A delete
// names messages and carries none of their bytes, so that it fills without regard
// to them.
func (u *queue) consumed(m *measured, c Consumer, q *Quote) {
	q.use(u.request, m.requests(u.request, m.fill), "receives%s, %s messages each at most", of(c), formatNumber(m.fill))
	q.use(u.request, m.events/m.fill, "deletes%s, %s messages each", of(c), formatNumber(m.fill))
	if u.empty {
		pollers := max(1, u.pollers[c.Kind])
		q.use(u.request, emptyPolls(m.traffic.Rate/m.fill, pollers, u.wait), "empty receives%s, %s pollers", of(c), formatNumber(pollers))
	}
}

// of names a consumer in a note.
func of(c Consumer) string {
	if c.Name == "" {
		return ""
	}
	return " of " + c.Name
}

// snsSQS publishes to a topic and delivers to a queue for each consumer. Webhooks
// are called by the topic itself.
func snsSQS(s *shelf) *Path {
	publish, webhook := s.price("sns.standard/publish"), s.price("sns.standard/deliver_http")
	queue := newQueue(s, "standard")
	raw := s.a.Raw
	return &Path{
		Name: "sns-sqs", Title: "SNS to SQS", Provider: "aws", batches: true,
		Ordering: Unordered, Latency: s.book.Latency("sns-sqs"), MaxBytes: s.bytes("sns.message/max_bytes"),
		measure: func(m *measured, q *Quote) {
			q.use(publish, m.requests(publish, m.fill), "publishes of %s messages at most", formatNumber(m.fill))
			body := m.body(raw)
			for _, c := range m.consumers {
				if c.Kind == Webhook {
					q.use(webhook, m.events*m.chunks(publish.Chunk, 1), "calls%s", of(c))
					continue
				}
				queue.delivered(body, c, q)
			}
		},
	}
}

// What the envelope of SNS adds to a message where delivery is not raw: its
// fields, and a backslash before each quote of the payload. Both are assumed.
const (
	envelopeBytes = 1024
	escapeShare   = 0.125
)

// body is the traffic as a queue stores it.
func (m *measured) body(raw bool) *measured {
	if raw {
		return m
	}
	wrapped, traffic := *m, *m.traffic
	traffic.Sizes = nil
	for _, size := range m.traffic.Sizes {
		size.Bytes = int(float64(size.Bytes)*(1+escapeShare)) + envelopeBytes
		traffic.Sizes = append(traffic.Sizes, size)
	}
	wrapped.traffic = &traffic
	wrapped.mean = m.mean*(1+escapeShare) + envelopeBytes
	wrapped.variance = m.variance * (1 + escapeShare) * (1 + escapeShare)
	return &wrapped
}

// snsSQSFIFO keeps the order of each message group. SNS bills messages and bytes,
// in and out.
func snsSQSFIFO(s *shelf) *Path {
	publish, payload := s.price("sns.fifo/publish"), s.price("sns.fifo/publish_payload")
	deliver, delivered := s.price("sns.fifo/deliver"), s.price("sns.fifo/deliver_payload")
	queue := newQueue(s, "fifo")
	messages, bytes := s.limit("sns.fifo/messages_s"), s.limit("sns.fifo/bytes_s")
	fifo := fifoQuota(s)
	raw := s.a.Raw
	return &Path{
		Name: "sns-sqs-fifo", Title: "SNS FIFO to SQS FIFO", Provider: "aws", batches: true,
		Ordering: PerKey, Latency: s.book.Latency("sns-sqs-fifo"), MaxBytes: s.bytes("sns.message/max_bytes"),
		measure: func(m *measured, q *Quote) {
			q.use(publish, m.events, "one for each message")
			q.use(payload, payload.FromBytes(m.bytes()), "payload in")
			n := float64(len(m.consumers))
			q.use(deliver, m.events*n, "%d subscriptions", len(m.consumers))
			q.use(delivered, delivered.FromBytes(m.bytes()*n), "payload to %d subscriptions", len(m.consumers))
			body := m.body(raw)
			for _, c := range m.consumers {
				queue.delivered(body, c, q)
			}
			if m.peak.Records > messages || m.peak.Bytes > bytes {
				q.refuse("quota", "a FIFO topic takes %s messages or %s bytes a second, and %s peaks at %s and %s", amount(messages), amount(bytes), m.traffic.Type, amount(m.peak.Records), amount(m.peak.Bytes))
			}
			fifo(m, q)
		},
	}
}

// sqsStandard sends to a queue for each consumer.
func sqsStandard(s *shelf) *Path {
	return queueAlone(s, &Path{
		Name: "sqs", Title: "SQS", Ordering: Unordered, Latency: s.book.Latency("sqs.standard"),
	}, newQueue(s, "standard"), func(*measured, *Quote) {})
}

// sqsFIFO sends to a FIFO queue for each consumer.
func sqsFIFO(s *shelf) *Path {
	return queueAlone(s, &Path{
		Name: "sqs-fifo", Title: "SQS FIFO", Ordering: PerKey, Latency: s.book.Latency("sqs.fifo"),
	}, newQueue(s, "fifo"), fifoQuota(s))
}

func queueAlone(s *shelf, p *Path, queue *queue, quota func(*measured, *Quote)) *Path {
	p.Provider, p.batches, p.MaxBytes = "aws", true, s.bytes("sqs.message/max_bytes")
	p.measure = func(m *measured, q *Quote) {
		for _, c := range m.consumers {
			q.use(queue.request, m.requests(queue.request, m.fill), "sends%s, %s messages each at most", of(c), formatNumber(m.fill))
			queue.consumed(m, c, q)
		}
		quota(m, q)
	}
	return p
}

// fifoQuota refuses what a FIFO queue does not take without its mode of high
// throughput, whose quotas differ by region.
func fifoQuota(s *shelf) func(*measured, *Quote) {
	calls := s.limit("sqs.fifo/calls_s")
	return func(m *measured, q *Quote) {
		if peak := m.peak.Records / m.fill; peak > calls {
			q.refuse("quota", "a FIFO queue takes %s calls a second, and %s peaks at %s of %s messages", amount(calls), m.traffic.Type, amount(peak), formatNumber(m.fill))
		}
	}
}
