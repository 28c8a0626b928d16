//go:build e2e

package e2e_test

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	otherTeam = "team-support"
	// aWhile is how long nothing must change where nothing is to change.
	aWhile = 15 * time.Second
)

// twoTeams: each sees and affects what is in its own namespace.
func twoTeams() {
	BeforeAll(func(ctx SpecContext) {
		it.makeNamespace(ctx, otherTeam, nil)
		it.apply(ctx, otherTeam, "services", "support-bot.yaml")
		it.awaitDeployments(ctx, otherTeam)
		it.apply(ctx, otherTeam, "monitors", "support-bot.yaml")
		it.awaitVerdict(ctx, otherTeam, "support-bot", allIsWell)
		it.awaitVerdict(ctx, team, "support-bot", allIsWell)
	})

	It("counts the targets of its own namespace only", func(ctx SpecContext) {
		for _, namespace := range []string{team, otherTeam} {
			Expect(it.row(ctx, namespace, "support-bot")["TARGETS"]).To(Equal("3/3"), namespace)
		}
	})

	It("is told of its own faults only", func(ctx SpecContext) {
		theirs := service{it, otherTeam, "support-bot"}
		theirs.breaks(ctx, slowReranker)
		DeferCleanup(func(ctx SpecContext) { theirs.heals(ctx) })
		it.awaitVerdict(ctx, otherTeam, "support-bot", rerankerIsSlow)
		Consistently(func() (string, error) {
			m, err := it.monitor(ctx, team, "support-bot")
			if err != nil {
				return "", err
			}
			return verdict(m), nil
		}).WithTimeout(aWhile).WithPolling(glance).Should(Equal(allIsWell))
	})

	It("cannot name what is not its own", func(ctx SpecContext) {
		const foreign = `{"spec":{"components":[{"name":"api","vocabulary":"rag","existing":{"matchLabels":{"namespace":"` + otherTeam + `"}}}]}}`
		_, err := it.try(ctx, "kubectl", "patch", "ragmonitor", "support-bot", "--namespace", team, "--type=merge", "--patch", foreign, "--dry-run=server")
		Expect(err).To(MatchError(ContainSubstring("namespace")))
	})

	It("may see and change RAGMonitors where its people may edit", func(ctx SpecContext) {
		binding := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: otherTeam, Name: "people"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "sue"}},
		}
		Expect(it.Create(ctx, binding)).To(Succeed())
		Expect(it.may(ctx, "sue", "update", otherTeam)).To(BeTrue())
		Expect(it.may(ctx, "sue", "get", team)).To(BeFalse())
		Expect(it.may(ctx, "sue", "update", team)).To(BeFalse())
	})
}

// may says whether a user has a right on the RAGMonitors of a namespace.
func (c *cluster) may(ctx context.Context, user, verb, namespace string) bool {
	GinkgoHelper()
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user,
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Group: "monitoring.ragmonitor.io", Resource: "ragmonitors", Verb: verb, Namespace: namespace,
		},
	}}
	Expect(c.Create(ctx, review)).To(Succeed())
	return review.Status.Allowed
}
