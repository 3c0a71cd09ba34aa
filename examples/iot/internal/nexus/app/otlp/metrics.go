package otlp

import (
	"context"
	"strconv"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

type metricsDocument struct {
	ResourceMetrics []resourceMetrics `json:"resourceMetrics"`
}

type resourceMetrics struct {
	Resource     resourceOf     `json:"resource"`
	ScopeMetrics []scopeMetrics `json:"scopeMetrics"`
}

type scopeMetrics struct {
	Scope   scopeOf      `json:"scope"`
	Metrics []metricData `json:"metrics"`
}

type metricData struct {
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Unit        string     `json:"unit,omitempty"`
	Sum         *sum       `json:"sum,omitempty"`
	Gauge       *gauge     `json:"gauge,omitempty"`
	Histogram   *histogram `json:"histogram,omitempty"`
}

type sum struct {
	Points      []point `json:"dataPoints"`
	Temporality int     `json:"aggregationTemporality"`
	Monotonic   bool    `json:"isMonotonic"`
}

type gauge struct {
	Points []point `json:"dataPoints"`
}

type histogram struct {
	Points      []histogramPoint `json:"dataPoints"`
	Temporality int              `json:"aggregationTemporality"`
}

// point has either AsInt or AsDouble.
type point struct {
	Attributes []keyValue `json:"attributes,omitempty"`
	Start      string     `json:"startTimeUnixNano"`
	Time       string     `json:"timeUnixNano"`
	AsInt      *string    `json:"asInt,omitempty"`
	AsDouble   *float64   `json:"asDouble,omitempty"`
}

type histogramPoint struct {
	Attributes []keyValue `json:"attributes,omitempty"`
	Start      string     `json:"startTimeUnixNano"`
	Time       string     `json:"timeUnixNano"`
	Count      string     `json:"count"`
	Sum        float64    `json:"sum"`
	Counts     []string   `json:"bucketCounts"`
	Bounds     []float64  `json:"explicitBounds"`
	Min        *float64   `json:"min,omitempty"`
	Max        *float64   `json:"max,omitempty"`
}

// Metrics sends metrics, for a periodic reader of the SDK.
func (s *Sender) Metrics() sdkmetric.Exporter { return metrics{s} }

type metrics struct{ *Sender }

// Temporality is that of the SDK: sums since the start; see sdkmetric.Exporter.
func (metrics) Temporality(kind sdkmetric.InstrumentKind) metricdata.Temporality {
	return sdkmetric.DefaultTemporalitySelector(kind)
}

// Aggregation is that of the SDK; see sdkmetric.Exporter.
func (metrics) Aggregation(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	return sdkmetric.DefaultAggregationSelector(kind)
}

// Export sends metrics; see sdkmetric.Exporter.
func (m metrics) Export(ctx context.Context, data *metricdata.ResourceMetrics) error {
	return m.send(ctx, "v1/metrics", metricsOf(data))
}

// ForceFlush does nothing: nothing is kept; see sdkmetric.Exporter.
func (metrics) ForceFlush(context.Context) error { return nil }

// Shutdown does nothing: what was given was sent; see sdkmetric.Exporter.
func (metrics) Shutdown(context.Context) error { return nil }

func metricsOf(data *metricdata.ResourceMetrics) metricsDocument {
	out := resourceMetrics{Resource: resourceDocument(data.Resource)}
	for _, scope := range data.ScopeMetrics {
		list := scopeMetrics{Scope: scopeDocument(scope.Scope)}
		for _, m := range scope.Metrics {
			if d, ok := metricOf(m); ok {
				list.Metrics = append(list.Metrics, d)
			}
		}
		out.ScopeMetrics = append(out.ScopeMetrics, list)
	}
	return metricsDocument{ResourceMetrics: []resourceMetrics{out}}
}

// metricOf is a metric of the kinds that an app has; it is false for others.
func metricOf(m metricdata.Metrics) (metricData, bool) {
	d := metricData{Name: m.Name, Description: m.Description, Unit: m.Unit}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		d.Sum = &sum{Points: points(data.DataPoints), Temporality: temporality(data.Temporality), Monotonic: data.IsMonotonic}
	case metricdata.Sum[float64]:
		d.Sum = &sum{Points: points(data.DataPoints), Temporality: temporality(data.Temporality), Monotonic: data.IsMonotonic}
	case metricdata.Gauge[int64]:
		d.Gauge = &gauge{Points: points(data.DataPoints)}
	case metricdata.Gauge[float64]:
		d.Gauge = &gauge{Points: points(data.DataPoints)}
	case metricdata.Histogram[int64]:
		d.Histogram = &histogram{Points: buckets(data.DataPoints), Temporality: temporality(data.Temporality)}
	case metricdata.Histogram[float64]:
		d.Histogram = &histogram{Points: buckets(data.DataPoints), Temporality: temporality(data.Temporality)}
	default:
		return metricData{}, false
	}
	return d, true
}

// temporality is 1 for what happened since the last export, 2 since the start.
func temporality(t metricdata.Temporality) int {
	if t == metricdata.DeltaTemporality {
		return 1
	}
	return 2
}

func points[N int64 | float64](list []metricdata.DataPoint[N]) []point {
	out := make([]point, 0, len(list))
	for _, p := range list {
		d := point{Attributes: attributes(p.Attributes.ToSlice()), Start: nanos(p.StartTime), Time: nanos(p.Time)}
		switch v := any(p.Value).(type) {
		case int64:
			digits := strconv.FormatInt(v, 10)
			d.AsInt = &digits
		case float64:
			d.AsDouble = &v
		}
		out = append(out, d)
	}
	return out
}

func buckets[N int64 | float64](list []metricdata.HistogramDataPoint[N]) []histogramPoint {
	out := make([]histogramPoint, 0, len(list))
	for _, p := range list {
		d := histogramPoint{
			Attributes: attributes(p.Attributes.ToSlice()), Start: nanos(p.StartTime), Time: nanos(p.Time),
			Count: strconv.FormatUint(p.Count, 10), Sum: float64(p.Sum), Bounds: p.Bounds, Min: extreme(p.Min), Max: extreme(p.Max),
		}
		for _, count := range p.BucketCounts {
			d.Counts = append(d.Counts, strconv.FormatUint(count, 10))
		}
		out = append(out, d)
	}
	return out
}

func extreme[N int64 | float64](e metricdata.Extrema[N]) *float64 {
	v, ok := e.Value()
	if !ok {
		return nil
	}
	x := float64(v)
	return &x
}
