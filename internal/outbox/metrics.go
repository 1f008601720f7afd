package outbox

import "github.com/prometheus/client_golang/prometheus"

// RelayMetrics count what relays do. A nil value counts nothing.
type RelayMetrics struct {
	dispatched *prometheus.CounterVec
	rounds     *prometheus.CounterVec
	leases     prometheus.Counter
	atBrokerN  *prometheus.GaugeVec
	removed    *prometheus.CounterVec
	lost       prometheus.Counter
	backlogN   *prometheus.GaugeVec
	backlogAge *prometheus.GaugeVec
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
		removed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "postlude_removed_total",
			Help: "Published entries that a relay removed: copies at the end of their retention, handovers that the broker has.",
		}, []string{"reason"}),
		lost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "postlude_handovers_lost_total",
			Help: "Handovers that were published again because the broker had lost them.",
		}),
		backlogN: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "postlude_unconsumed_entries",
			Help: "Published entries that nobody has removed, of the twenty topics with the oldest; counted up to 1,000.",
		}, []string{"topic"}),
		backlogAge: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "postlude_unconsumed_oldest_seconds",
			Help: "How long ago the oldest published entry of a topic was published, of the twenty topics with the oldest.",
		}, []string{"topic"}),
	}
	reg.MustRegister(m.dispatched, m.rounds, m.leases, m.atBrokerN, m.removed, m.lost, m.backlogN, m.backlogAge)
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
		"behind": r.Behind, "queued": r.Queued, "refused": r.Refused, "given_back": r.GivenBack,
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

func (m *RelayMetrics) expired(n int) {
	if m != nil {
		m.removed.WithLabelValues("expired").Add(float64(n))
	}
}

func (m *RelayMetrics) proved(p Proof) {
	if m != nil {
		m.removed.WithLabelValues("handed_over").Add(float64(p.Removed))
		m.lost.Add(float64(p.Lost))
	}
}

// unconsumed replaces what was there: a topic that is in order again goes.
func (m *RelayMetrics) unconsumed(backlogs []Backlog) {
	m.backlogN.Reset()
	m.backlogAge.Reset()
	for _, b := range backlogs {
		m.backlogN.WithLabelValues(b.Topic).Set(float64(b.Entries))
		m.backlogAge.WithLabelValues(b.Topic).Set(b.Oldest.Seconds())
	}
}
