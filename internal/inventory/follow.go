package inventory

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
)

// retries is how often a list or a watch is tried again: where a right is missing it
// may be so for all namespaces, and for long.
var retries = wait.Backoff{Duration: time.Second, Factor: 2, Jitter: 0.5, Cap: time.Minute, Steps: 10}

// reset is how long it takes to begin with the shortest delay again. It is longer
// than a watch, which the API server ends after five to ten minutes.
const reset = 15 * time.Minute

// reconnects is the same where there is no answer at all. The client waits so long
// without looking whether it should stop, so that it must be short.
var reconnects = wait.Backoff{Duration: 500 * time.Millisecond, Factor: 2, Jitter: 1, Cap: 10 * time.Second, Steps: 10}

// mirror is a store that is told why it is not up to date.
type mirror interface {
	cache.TransformingStore
	fail(err error)
}

// follow keeps a mirror up to date until ctx ends. It runs what an informer runs
// inside, without its queue and its second copy of everything.
func follow(ctx context.Context, client kubernetes.Interface, lw *cache.ListWatch, example runtime.Object, to mirror) {
	backoff := reconnects
	reflector := cache.NewReflectorWithOptions(cache.ToListWatcherWithWatchListSemantics(lw, client), example, to,
		cache.ReflectorOptions{Name: "inventory", Backoff: &backoff})
	delay := retries.DelayWithReset(clock.RealClock{}, reset)
	_ = delay.Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		if err := reflector.ListAndWatchWithContext(ctx); err != nil && ctx.Err() == nil {
			to.fail(err)
		}
		return false, nil
	}) // the error says that ctx ended
}
