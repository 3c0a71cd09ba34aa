package cost

// Kafka clusters have a broker in each of three zones, and a copy of every event
// on each of them. They grow by one broker a zone.
const (
	kafkaZones  = 3
	kafkaCopies = 3
)

// msk rents brokers and storage of the managed service.
func msk(s *shelf) *Path {
	p := kafka(s, s.price("msk.provisioned/kafka.m5.large"), s.price("msk.provisioned/storage"))
	p.Name, p.Title, p.Provider = "msk", "MSK, m5.large brokers", "aws"
	return p
}

// selfHostedKafka rents machines, disks and what crosses zones: copies always,
// and two of three produced and consumed bytes, since clients are as likely in
// any zone. Who runs it is not in the price.
func selfHostedKafka(s *shelf) *Path {
	p := kafka(s, s.price("ec2.linux_on_demand/m7g.large"), s.price("ec2.linux_on_demand/ebs_gp3"))
	p.Name, p.Title, p.Provider = "kafka", "self-hosted Kafka, m7g.large brokers", "self-hosted"
	transfer := s.price("ec2.linux_on_demand/inter_az_transfer")
	shared := p.measure
	p.measure = func(m *measured, q *Quote) {
		shared(m, q)
		crossings := kafkaCopies - 1 + float64(1+len(m.consumers))*(kafkaZones-1)/kafkaZones
		q.use(transfer, 2*crossings*transfer.FromBytes(m.bytes()), "%s zone borders an event, billed on both sides", formatNumber(crossings))
	}
	return p
}

func kafka(s *shelf, broker, storage *Figure) *Path {
	retention := s.a.Retention
	p := &Path{
		Ordering: PerKey, Latency: s.book.Latency("kafka"), MaxBytes: s.bytes("kafka.message/max_bytes"),
		Capacity: &Capacity{
			Noun: "broker trio", Min: 1,
			// Every broker writes every event: its own share, and copies of the others'.
			BytesIn: s.limit("kafka.broker/in_bytes_s") * kafkaZones / kafkaCopies,
			Step:    []Use{{broker, kafkaZones * MonthHours, "730 hours of a broker in each of 3 zones"}},
		},
	}
	p.measure = func(m *measured, q *Quote) {
		q.use(storage, storage.FromBytes(kafkaCopies*m.stored(retention)), "%d copies for %s", kafkaCopies, formatDuration(retention))
		q.Load = m.load(len(m.consumers))
	}
	return p
}
