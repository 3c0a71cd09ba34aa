package event

// Shape identifies the keys of the event's record and their order: events of one
// log with equal shapes have the same attributes under the same names. It is nil
// when the reader did not recognise the record, and says nothing then.
func (e *Event) Shape() any {
	if e.layout == nil {
		return nil
	}
	return e.layout
}
