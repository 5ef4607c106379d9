// Measures robfig/cron as bench/schedule.ts measures the others: for a zone and expressions, the
// processor seconds of a call of Next, summed over the expressions, and the readings a second.
package main

import (
	"fmt"
	"os"
	"sort"
	"syscall"
	"time"

	"github.com/robfig/cron"
)

const rounds = 5

func main() {
	zone, expressions := os.Args[1], os.Args[2:]
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	until := time.Date(2090, 1, 1, 0, 0, 0, 0, time.UTC)
	seconds := 0.0
	for _, expression := range expressions {
		schedule, err := cron.ParseStandard("TZ=" + zone + " " + expression)
		if err != nil {
			panic(err)
		}
		at := from
		seconds += perCall(func(calls int) {
			for ; calls > 0; calls-- {
				if at = schedule.Next(at); at.IsZero() || at.After(until) {
					at = from
				}
			}
		})
	}
	reading := perCall(func(calls int) {
		for call := 0; call < calls; call++ {
			cron.ParseStandard("TZ=" + zone + " " + expressions[call%len(expressions)])
		}
	})
	fmt.Printf("%g %g\n", seconds, 1/reading)
}

// The median of some rounds of at least a tenth of a second each.
func perCall(work func(calls int)) float64 {
	calls := 1
	for timeOf(work, calls) < 0.1 {
		calls *= 2
	}
	times := []float64{}
	for round := 0; round < rounds; round++ {
		times = append(times, timeOf(work, calls)/float64(calls))
	}
	sort.Float64s(times)
	return times[rounds/2]
}

func timeOf(work func(calls int), calls int) float64 {
	from := processorSeconds()
	work(calls)
	return processorSeconds() - from
}

func processorSeconds() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}
