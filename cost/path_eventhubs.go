package cost

import "time"

func eventHubsBasic(s *shelf) *Path { return eventHubs(s, "basic", "tu", "throughput unit") }

func eventHubsStandard(s *shelf) *Path { return eventHubs(s, "standard", "tu", "throughput unit") }

// eventHubsPremium rents processing units, and bills no event.
func eventHubsPremium(s *shelf) *Path {
	p := eventHubs(s, "premium", "pu", "processing unit")
	if s.a.Retention > includedRetention {
		storage := s.price("event_hubs.premium/extended_retention")
		shared := p.measure
		p.measure = func(m *measured, q *Quote) {
			shared(m, q)
			q.use(storage, storage.FromBytes(m.stored(s.a.Retention-includedRetention)), "retention beyond 24 hours; what a unit includes is not subtracted")
		}
	}
	return p
}

// eventHubs rents units of capacity, and bills events by chunks where the tier
// has a price for them.
func eventHubs(s *shelf, tier, unit, noun string) *Path {
	s.region = "azure-eastus"
	hour := s.price("event_hubs." + tier + "/" + unit + "_hour")
	var ingress *Figure
	if unit == "tu" {
		ingress = s.price("event_hubs." + tier + "/ingress")
	}
	groups := int(s.limit("event_hubs." + tier + "/consumer_groups"))
	longest := time.Duration(s.limit("event_hubs."+tier+"/retention_h")) * time.Hour
	retention := s.a.Retention
	p := &Path{
		Name: "event-hubs-" + tier, Title: "Event Hubs " + tier, Provider: "azure",
		Ordering: PerKey, Latency: s.book.Latency("event_hubs"), MaxBytes: s.bytes("event_hubs." + tier + "/max_bytes"),
		Capacity: &Capacity{
			Noun: noun, Min: 1, Max: int(s.limit("event_hubs." + tier + "/max_units")),
			BytesIn: s.limit("event_hubs." + unit + "/in_bytes_s"), RecordsIn: s.limit("event_hubs." + unit + "/in_events_s"),
			BytesOut: s.limit("event_hubs." + unit + "/out_bytes_s"), RecordsOut: s.limit("event_hubs." + unit + "/out_events_s"),
			Step: []Use{{hour, MonthHours, "730 hours of a " + noun}},
		},
	}
	p.measure = func(m *measured, q *Quote) {
		if ingress != nil {
			q.use(ingress, m.events*m.chunks(ingress.Chunk, 1)/1e6, "events in chunks of %d bytes", ingress.Chunk)
		}
		q.Load = m.load(len(m.consumers))
		if len(m.consumers) > groups {
			q.refuse("quota", "%s has no more consumer groups than %d, and %s has %d consumers", p.Title, groups, m.traffic.Type, len(m.consumers))
		}
		if retention > longest {
			q.refuse("retention", "%s keeps events for %s at most, and %s is asked for", p.Title, formatDuration(longest), formatDuration(retention))
		}
	}
	return p
}
