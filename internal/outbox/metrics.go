package outbox

import "github.com/prometheus/client_golang/prometheus"

// RelayMetrics count what relays do. A nil value counts nothing.
type RelayMetrics struct {
	dispatched *prometheus.CounterVec
	rounds     *prometheus.CounterVec
	leases     prometheus.Counter
	atBrokerN  *prometheus.GaugeVec
}

// NewRelayMetrics registers the metrics.
func NewRelayMetrics(reg prometheus.Registerer) *RelayMetrics {
	m := &RelayMetrics{
		dispatched: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "postlude_dispatched_total",
			Help: "Entries by what a dispatch came to.",
		}, []string{"result"}),
		rounds: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "postlude_relay_rounds_total",
			Help: "Looks at the outbox.",
		}, []string{"result"}),
		leases: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "postlude_leases_ended_total",
			Help: "Leases ended early because the broker lost messages.",
		}),
		atBrokerN: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "postlude_at_broker_entries",
			Help: "Unfinished entries at the broker that are due, by lane, and those that are armed.",
		}, []string{"lane"}),
	}
	reg.MustRegister(m.dispatched, m.rounds, m.leases, m.atBrokerN)
	return m
}

func (m *RelayMetrics) failed() {
	if m != nil {
		m.rounds.WithLabelValues("failed").Inc()
	}
}

func (m *RelayMetrics) observe(r *Round, claimed []Claimed) {
	if m == nil {
		return
	}
	m.rounds.WithLabelValues("ok").Inc()
	for result, n := range map[string]int{
		"published": r.Published, "armed": r.Armed, "postponed": r.Postponed,
		"queued": r.Queued, "refused": r.Refused, "given_back": r.GivenBack,
	} {
		m.dispatched.WithLabelValues(result).Add(float64(n))
	}
	again := 0
	for i := range claimed {
		if claimed[i].Generation > 1 {
			again++
		}
	}
	m.dispatched.WithLabelValues("again").Add(float64(again))
	m.leases.Add(float64(r.LeasesEnded))
}

func (m *RelayMetrics) atBroker(s BrokerState) {
	if m == nil {
		return
	}
	for lane, n := range s.Due {
		m.atBrokerN.WithLabelValues(string(lane)).Set(float64(n))
	}
	m.atBrokerN.WithLabelValues("armed").Set(float64(s.Armed))
}
