package cost

import (
	"math"
	"time"
)

// Retention that streams include, and from which long-term storage takes over.
const (
	includedRetention = 24 * time.Hour
	longTermRetention = 7 * 24 * time.Hour
)

// kinesisProvisioned rents shards. Writing is paid by 25 KB of a record, polling
// is free within what a shard gives out, and an enhanced fan-out consumer rents a
// share of every shard besides its bytes.
func kinesisProvisioned(s *shelf) *Path {
	shardHour := s.price("kinesis.provisioned/shard_hour")
	put := s.price("kinesis.provisioned/put_payload_unit")
	fanOutHour := s.price("kinesis.provisioned/efo_consumer_shard_hour")
	fanOutData := s.price("kinesis.provisioned/efo_data")
	a := s.a
	p := kinesis(s, "provisioned", "efo_consumers")
	p.Capacity = &Capacity{
		Noun: "shard", Min: 1,
		BytesIn: s.limit("kinesis.shard/in_bytes_s"), RecordsIn: s.limit("kinesis.shard/in_records_s"),
		BytesOut: s.limit("kinesis.shard/out_bytes_s"),
		Step:     []Use{{shardHour, MonthHours, "730 hours of a shard"}},
		FanOut:   []Use{{fanOutHour, MonthHours, "730 hours of a shard for each enhanced fan-out consumer"}},
	}
	if a.Retention > includedRetention {
		p.Capacity.Step = append(p.Capacity.Step, Use{s.price("kinesis.provisioned/extended_retention_24h_7d"), MonthHours, "retention beyond 24 hours"})
	}
	var longTerm *Figure
	if a.Retention > longTermRetention {
		longTerm = s.price("kinesis.provisioned/long_term_retention")
	}
	shared := p.measure
	p.measure = func(m *measured, q *Quote) {
		shared(m, q)
		records := q.Fill
		q.use(put, m.events/records*m.chunks(put.Chunk, records), "%s records of %s events in units of %s bytes", amount(m.events/records), formatNumber(records), amount(float64(put.Chunk)))
		if n := m.count(FanOut); n > 0 {
			q.use(fanOutData, fanOutData.FromBytes(m.bytes()*float64(n)), "%d enhanced fan-out consumers", n)
		}
		if longTerm != nil {
			q.use(longTerm, longTerm.FromBytes(m.stored(a.Retention-longTermRetention)), "retention beyond 7 days")
		}
		q.Load = m.load(len(m.consumers) - m.count(FanOut))
		q.Load.RecordsIn /= records
		q.Load.RecordsOut = 0 // a shard bounds bytes alone on its way out
	}
	return p
}

// kinesisOnDemand pays for a stream by the hour and for bytes in and, for each
// consumer, out. It scales by itself.
func kinesisOnDemand(s *shelf) *Path {
	hour := s.price("kinesis.on_demand_standard/stream_hour")
	p := kinesisByBytes(s, "on_demand_standard", "on-demand", "efo_consumers", "data_out", "efo_out")
	p.Capacity = &Capacity{Noun: "stream", Base: []Use{{hour, MonthHours, "730 hours of a stream"}}}
	return p
}

// kinesisAdvantage has lower prices for bytes, no price for streams, and a floor
// of bytes in and out that every account pays for.
func kinesisAdvantage(s *shelf) *Path {
	in, out := s.price("kinesis.on_demand_advantage/data_in"), s.price("kinesis.on_demand_advantage/data_out")
	p := kinesisByBytes(s, "on_demand_advantage", "advantage", "efo_consumers_advantage", "data_out", "data_out")
	for _, f := range []*Figure{in, out} {
		p.Floor = append(p.Floor, Use{f, f.FromBytes(f.Floor * (1 << 20) * MonthSeconds), formatNumber(f.Floor) + " MiB/s that the account pays for at least"})
	}
	return p
}

// kinesisByBytes is what the two on-demand modes share.
func kinesisByBytes(s *shelf, service, mode, readers, out, fanOutOut string) *Path {
	service = "kinesis." + service
	in := s.price(service + "/data_in")
	polled, fanOut := s.price(service+"/"+out), s.price(service+"/"+fanOutOut)
	a := s.a
	var extended, longTerm *Figure
	if a.Retention > includedRetention {
		extended = s.price(service + "/extended_retention")
	}
	if a.Retention > longTermRetention {
		longTerm = s.price(service + "/long_term_retention")
	}
	p := kinesis(s, mode, readers)
	shared := p.measure
	p.measure = func(m *measured, q *Quote) {
		shared(m, q)
		records := q.Fill
		in1k := m.events / records * m.chunks(in.Chunk, records) * float64(in.Chunk)
		q.use(in, in.FromBytes(in1k), "%s records of %s events, each rounded up to %d bytes", amount(m.events/records), formatNumber(records), in.Chunk)
		n := m.count(FanOut)
		if readers := len(m.consumers) - n; readers > 0 {
			q.use(polled, polled.FromBytes(m.bytes()*float64(readers)), "%d consumers", readers)
		}
		if n > 0 {
			q.use(fanOut, fanOut.FromBytes(m.bytes()*float64(n)), "%d enhanced fan-out consumers", n)
		}
		if extended != nil {
			q.use(extended, extended.FromBytes(m.stored(min(a.Retention, longTermRetention)-includedRetention)), "retention from 24 hours to 7 days")
		}
		if longTerm != nil {
			q.use(longTerm, longTerm.FromBytes(m.stored(a.Retention-longTermRetention)), "retention beyond 7 days")
		}
		q.Load = m.load(len(m.consumers) - n)
	}
	return p
}

// kinesis is what all capacity modes share: order by partition key, and a latency
// that depends on how consumers read.
func kinesis(s *shelf, mode, readers string) *Path {
	most := int(s.limit("kinesis.stream/" + readers))
	aggregate := s.a.Aggregate
	p := &Path{
		Name: "kinesis-" + mode, Title: "Kinesis " + mode, Provider: "aws", Ordering: PerKey,
		Latency: s.book.Latency("kinesis.polled"), fanOut: s.book.Latency("kinesis.efo"),
		MaxBytes: s.bytes("kinesis.record/max_bytes"), readers: most,
	}
	p.measure = func(m *measured, q *Quote) {
		q.Fill = m.filled(aggregate)
		if m.mean > 0 {
			q.Fill = max(1, min(q.Fill, math.Floor(float64(p.MaxBytes)/m.mean)))
		}
		if n := m.count(FanOut); n > most {
			q.refuse("quota", "a stream has at most %d enhanced fan-out consumers, and %s has %d", most, m.traffic.Type, n)
		}
	}
	return p
}
