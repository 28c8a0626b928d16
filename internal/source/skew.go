package source

import (
	"time"

	"github.com/prometheus/common/model"
)

// checkTime returns an error when samples are of another time than that between
// started and ended, give or take most. An answer to an instant query carries the
// time at which the server evaluated it: when that is not now, either a clock is
// wrong, or the answer is an old one. An empty answer has no time.
func checkTime(vector model.Vector, started, ended time.Time, most time.Duration) error {
	for _, sample := range vector {
		at := sample.Timestamp.Time()
		if behind := started.Sub(at); behind > most {
			return failf(ReasonClock, "the source's clock, or its answer, is %s behind: at most %s is accepted; set the clocks right", rounded(behind), most)
		}
		if ahead := at.Sub(ended); ahead > most {
			return failf(ReasonClock, "the source's clock, or its answer, is %s ahead: at most %s is accepted; set the clocks right", rounded(ahead), most)
		}
	}
	return nil
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Second) }
