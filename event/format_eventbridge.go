package event

// Amazon EventBridge: events of a rule's target or of an archive. A replay gives
// them in buckets of a minute, not in the order of the archive.
var eventBridge = format{
	name:  "eventbridge",
	title: "Amazon EventBridge events (detail-type, detail)",
	score: func(record []member) int {
		return points(record, []string{"detail-type", "detail"},
			[]string{"version", "id", "source", "account", "time", "region", "resources"}, []string{"specversion"})
	},
	rows: whole,
	places: placed{
		attrID:       {".id"},
		attrType:     {".detail-type"},
		attrSource:   {".source"},
		attrTime:     {".time"},
		attrData:     {".detail.data", ".detail"},
		attrMetadata: {".detail.metadata"},
	}.also(detailPlaces),
	attributes: ".",
}

// detailPlaces: EventBridge itself knows no stream, so it stands in the detail.
var detailPlaces = placed{
	attrStream:      houseUnder(".detail")[attrStream],
	attrSequence:    houseUnder(".detail")[attrSequence],
	attrCorrelation: houseUnder(".detail")[attrCorrelation],
	attrCausation:   houseUnder(".detail")[attrCausation],
}
