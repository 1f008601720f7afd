package asyncevent

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics count what workers do. A nil value counts nothing.
type Metrics struct {
	settled  *prometheus.CounterVec
	stale    prometheus.Counter
	lateness prometheus.Histogram
	batch    prometheus.Histogram
}

// NewMetrics registers the metrics.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		settled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "postlude_settled_total",
			Help: "Deliveries by outcome.",
		}, []string{"outcome"}),
		stale: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "postlude_discarded_total",
			Help: "Entries discarded and recorded as stale, by the processing that made them stale or by the worker that found them so.",
		}),
		lateness: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "postlude_lateness_seconds",
			Help:    "Time from when an entry was due to the commit of its effect.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 3600},
		}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "postlude_batch_entries",
			Help:    "Entries handled in one transaction.",
			Buckets: []float64{1, 2, 4, 8, 16, 32, 64, 128, 256, 512},
		}),
	}
	reg.MustRegister(m.settled, m.stale, m.lateness, m.batch)
	return m
}

// Settled counts an outcome.
func (m *Metrics) Settled(o Outcome) {
	if m != nil {
		m.settled.WithLabelValues(string(o)).Inc()
	}
}

func (m *Metrics) discarded(n int) {
	if m != nil {
		m.stale.Add(float64(n))
	}
}

func (m *Metrics) processed(lateness time.Duration) {
	if m != nil {
		m.lateness.Observe(lateness.Seconds())
	}
}

func (m *Metrics) batched(n int) {
	if m != nil {
		m.batch.Observe(float64(n))
	}
}
