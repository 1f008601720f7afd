package script

import (
	"math"
	"runtime"
	"runtime/metrics"
	"strings"
)

// liveMemory returns the bytes that the last collection left alive in the whole
// process. It costs next to nothing.
func liveMemory() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}

// scriptMemory returns about how many bytes are alive that JavaScript engines
// allocated, at least 1. It collects garbage, and reads the samples that the
// runtime takes of allocations: that takes milliseconds.
//
// Without samples it is all memory that counts.
func scriptMemory() uint64 {
	runtime.GC()
	rate := float64(runtime.MemProfileRate)
	if rate <= 0 {
		return max(1, liveMemory())
	}
	total := uint64(1)
	known := map[uintptr]bool{}
	samples := memorySamples()
	for i := range samples {
		r := &samples[i]
		if r.InUseBytes() > 0 && ofScript(r.Stack(), known) {
			total += estimate(r, rate)
		}
	}
	return total
}

// memorySamples returns samples of what is alive.
func memorySamples() []runtime.MemProfileRecord {
	n, _ := runtime.MemProfile(nil, false)
	for {
		var ok bool
		records := make([]runtime.MemProfileRecord, n+n/8+64) // there may be more by then
		if n, ok = runtime.MemProfile(records, false); ok {
			return records[:n]
		}
	}
}

// estimate returns the bytes that samples of one kind stand for, when one is taken
// every so many bytes on average.
func estimate(r *runtime.MemProfileRecord, rate float64) uint64 {
	bytes := float64(r.InUseBytes())
	size := bytes / float64(max(1, r.InUseObjects()))
	return uint64(bytes / (1 - math.Exp(-size/rate)))
}

// ofScript reports whether a JavaScript engine is among those who called for
// memory.
func ofScript(stack []uintptr, known map[uintptr]bool) bool {
	for _, pc := range stack {
		is, seen := known[pc]
		if !seen {
			f := runtime.FuncForPC(pc - 1)
			is = f != nil && strings.HasPrefix(f.Name(), "github.com/dop251/goja.")
			known[pc] = is
		}
		if is {
			return true
		}
	}
	return false
}
