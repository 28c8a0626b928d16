package v1alpha1_test

import "slices"

const (
	secretKey = "{name: a, key: b}"
	aSlack    = "{name: a, slack: {urlSecret: {name: a, key: b}}}"
	aURL      = `must be a URL such as "`
)

// notified is spec.notifications with one receiver, and fields more.
func notified(fields ...string) []string {
	return each("notifications: {receivers: ["+aSlack+"], %s}", fields...)
}

// receiver is spec.notifications with one receiver of that kind.
func receiver(kinds ...string) []string {
	return each("notifications: {receivers: [{name: a, %s}]}", kinds...)
}

// muted is a mute time of one interval.
func muted(intervals ...string) []string {
	return each("notifications: {receivers: ["+aSlack+"], muteTimes: [{name: a, intervals: [{%s}]}]}", intervals...)
}

var notificationRules = map[string]rule{
	"there is a receiver": {
		on: "spec", bad: []string{"notifications: {receivers: []}"}, want: "spec.notifications.receivers in body should have at least 1 items",
	},
	"receivers are required": {
		on: "spec", bad: []string{"notifications: {}"}, want: "spec.notifications.receivers: Required value",
	},
	"there are at most 16 receivers": {
		on: "spec", ok: []string{"notifications: {receivers: " + list(16, "{name: a%d, slack: {urlSecret: {name: a, key: b}}}") + "}"},
		bad: []string{"notifications: {receivers: " + list(17, "{name: a%d, slack: {urlSecret: {name: a, key: b}}}") + "}"}, want: "Too many: 17: must have at most 16 items",
	},
	"names of receivers are unique": {
		on: "spec", bad: []string{"notifications: {receivers: [" + aSlack + ", " + aSlack + "]}"}, want: `spec.notifications.receivers[1]: Duplicate value: {"name":"a"}`,
	},
	"names of receivers are words": {
		on: "spec", ok: each("notifications: {receivers: [{name: %s, slack: {urlSecret: {name: a, key: b}}}]}", "a", "on-call", x(63)),
		bad:  each("notifications: {receivers: [{name: %s, slack: {urlSecret: {name: a, key: b}}}]}", "On-Call", "a_b", "a/b", "-a", `"{{a}}"`, `"a b"`),
		want: name + `on-call" or "team-channel"`,
	},
	"the default receiver exists": {
		on: "spec", ok: notified("defaultReceiver: a"), bad: notified("defaultReceiver: b"),
		want: "spec.notifications.defaultReceiver: Invalid value: must be the name of one of notifications.receivers: add that receiver, or correct the name",
	},
	"the receivers of routes exist": {
		on: "spec", ok: notified("routes: [{severity: critical, receivers: [a]}]"),
		bad:  notified("routes: [{severity: critical, receivers: [b]}]", "routes: [{severity: info, receivers: [a]}, {severity: critical, receivers: [a, b]}]"),
		want: "spec.notifications.routes: Invalid value: must name only receivers of notifications.receivers: add the receiver, or correct the name in routes[].receivers",
	},
	"a severity has one route": {
		on: "spec", bad: notified("routes: [{severity: critical, receivers: [a]}, {severity: critical, receivers: [a]}]"), want: "spec.notifications.routes[1]: Duplicate value",
	},
	"severities of routes are known": {
		on: "spec", ok: notified("routes: [{severity: info, receivers: [a]}, {severity: warning, receivers: [a]}, {severity: critical, receivers: [a]}]"),
		bad: notified("routes: [{severity: page, receivers: [a]}]"), want: `supported values: "critical", "warning", "info"`,
	},
	"a route has a receiver": {
		on: "spec", bad: notified("routes: [{severity: info, receivers: []}]"), want: "receivers in body should have at least 1 items",
	},
	"a route has each receiver once": {
		on: "spec", bad: notified("routes: [{severity: info, receivers: [a, a]}]"), want: "receivers[1]: Duplicate value",
	},
	"a route has at most 4 receivers": {
		on: "spec", bad: notified("routes: [{severity: info, receivers: [a, b, c, d, e]}]"), want: "Too many: 5: must have at most 4 items",
	},
	"groups are made by labels": {
		on: "spec", ok: notified("groupBy: []", "groupBy: [component, stage]", "groupBy: [_a1]"),
		bad: notified(`groupBy: ["..."]`, "groupBy: [a-b]", `groupBy: ["{{a}}"]`), want: `must be the name of a label of alerts, such as "alertname" or "component": letters, digits and '_'`,
	},
	"groups are made by at most 8 labels": {
		on: "spec", ok: notified("groupBy: " + list(8, "a%d")), bad: notified("groupBy: " + list(9, "a%d")), want: "Too many: 9: must have at most 8 items",
	},
	"groups wait for at most 10 minutes": {
		on: "spec", ok: notified("groupWait: 0s", "groupWait: 10m"), bad: notified("groupWait: 11m", "groupWait: soon", "groupWait: 1d"), want: `must be a duration between 0s and 10m, such as "10s"`,
	},
	"groups are looked at between every second and every day": {
		on: "spec", ok: notified("groupInterval: 1s", "groupInterval: 24h, repeatInterval: 24h"),
		bad: notified("groupInterval: 0s", "groupInterval: 25h", "groupInterval: soon"), want: `must be a duration between 1s and 24h, such as "10s"`,
	},
	"messages are repeated between every 5 minutes and every 5 days": {
		on: "spec", ok: notified("repeatInterval: 5m", "repeatInterval: 120h", "routes: [{severity: info, receivers: [a], repeatInterval: 120h}]"),
		bad:  notified("repeatInterval: 4m59s", "repeatInterval: 121h", "repeatInterval: never", "routes: [{severity: info, receivers: [a], repeatInterval: 1m}]"),
		want: `must be a duration between 5m and 120h, such as "4h"`,
	},
	"messages are not repeated before a group is looked at": {
		on: "spec", ok: notified("groupInterval: 1h"), bad: notified("groupInterval: 2h", "groupInterval: 10m, repeatInterval: 9m"),
		want: "spec.notifications.repeatInterval: Invalid value: must not be shorter than notifications.groupInterval: Alertmanager looks at a group only that often",
	},
	"messages of a route are not repeated before a group is looked at": {
		on: "spec", ok: notified("groupInterval: 10m, routes: [{severity: info, receivers: [a], repeatInterval: 10m}]"),
		bad:  notified("groupInterval: 10m, routes: [{severity: info, receivers: [a], repeatInterval: 5m}]"),
		want: "spec.notifications.routes: Invalid value: must not have a repeatInterval shorter than notifications.groupInterval",
	},
}

var receiverRules = map[string]rule{
	"a receiver is of one kind": {
		on: "spec", bad: slices.Concat([]string{"notifications: {receivers: [{name: a}]}"}, receiver("slack: {urlSecret: "+secretKey+"}, teams: {urlSecret: "+secretKey+"}")),
		want: "must have exactly one of slack, email, webhook, pagerDuty, teams and opsgenie: write a receiver for each, and name them both in a route",
	},
	"each kind of receiver is accepted": {
		on: "spec", ok: receiver(
			"slack: {urlSecret: "+secretKey+", channel: '#rag-alerts'}",
			"email: {to: [a@example.com, b@example.com], from: c@example.com, smarthost: 'smtp.example.com:587'}",
			"webhook: {url: 'https://hooks.example.com/rag?a=b&c=d'}", "webhook: {url: 'http://hook.rag.svc:8080'}", "webhook: {urlSecret: "+secretKey+"}",
			"pagerDuty: {routingKeySecret: "+secretKey+", url: 'https://events.eu.pagerduty.com/v2/enqueue'}",
			"teams: {urlSecret: "+secretKey+"}",
			"opsgenie: {apiKeySecret: "+secretKey+", url: 'https://api.eu.opsgenie.com/', responders: [{type: team, name: Search team}]}",
			"slack: {urlSecret: "+secretKey+"}, resolvedMessages: Omit",
		),
	},
	"secrets are references, never literals": {
		on: "spec", bad: receiver("slack: {urlSecret: 'https://hooks.slack.com/x'}", "pagerDuty: {routingKeySecret: abc}"), want: "must be of type object",
	},
	"references stay in the namespace": {
		on: "spec", bad: receiver("slack: {urlSecret: {name: a, key: b, namespace: c}}"), want: "unknown field",
	},
	"references name a Secret": {
		on: "spec", bad: receiver("slack: {urlSecret: {name: '../a', key: b}}", "slack: {urlSecret: {name: A, key: b}}"),
		want: `must be the name of a Secret in this namespace, such as "slack": lower-case letters, digits, '-' and '.'`,
	},
	"references name a key": {
		on: "spec", bad: receiver("slack: {urlSecret: {name: a, key: 'b/c'}}"), want: `must be a key of the Secret, such as "url": letters, digits, '-', '_' and '.'`,
	},
	"references are complete": {
		on: "spec", bad: receiver("slack: {urlSecret: {name: a}}"), want: "slack.urlSecret.key: Required value",
	},
	"channels are no templates": {
		on: "spec", ok: receiver("slack: {urlSecret: "+secretKey+", channel: '@jane'}", "slack: {urlSecret: "+secretKey+", channel: C0123}"),
		bad:  receiver("slack: {urlSecret: "+secretKey+", channel: '{{ .CommonLabels.team }}'}", "slack: {urlSecret: "+secretKey+", channel: '#a b'}"),
		want: `must be a channel or a user, such as "#rag-alerts" or "@jane", without spaces and braces`,
	},
	"resolved messages are sent or not": {
		on: "spec", bad: receiver("slack: {urlSecret: " + secretKey + "}, resolvedMessages: Sometimes"), want: `supported values: "Send", "Omit"`,
	},
	"webhooks have one URL": {
		on: "spec", bad: receiver("webhook: {}", "webhook: {url: 'http://a', urlSecret: "+secretKey+"}"), want: "must have either url, for one without secrets, or urlSecret",
	},
	"URLs hold no secrets and no templates": {
		on: "spec", bad: receiver("webhook: {url: 'https://user:password@example.com/'}", "webhook: {url: 'ftp://a'}", "webhook: {url: hook}", "webhook: {url: 'http://a/{{ b }}'}", "webhook: {url: 'http://a/b c'}"),
		want: aURL + `https://hooks.example.com/rag", without user, spaces and braces: a secret belongs into urlSecret, authorization or basicAuth`,
	},
	"URLs of PagerDuty are URLs": {
		on: "spec", bad: receiver("pagerDuty: {routingKeySecret: " + secretKey + ", url: pagerduty}"), want: aURL + `https://events.eu.pagerduty.com/v2/enqueue", without user, spaces and braces`,
	},
	"URLs of Opsgenie are URLs": {
		on: "spec", bad: receiver("opsgenie: {apiKeySecret: " + secretKey + ", url: opsgenie}"), want: aURL + `https://api.eu.opsgenie.com/", without user, spaces and braces`,
	},
	"webhooks have one header Authorization": {
		on: "spec", ok: receiver("webhook: {url: 'http://a', authorization: {credentialsSecret: "+secretKey+"}}", "webhook: {url: 'http://a', basicAuth: {usernameSecret: "+secretKey+", passwordSecret: "+secretKey+"}}"),
		bad:  receiver("webhook: {url: 'http://a', authorization: {credentialsSecret: " + secretKey + "}, basicAuth: {usernameSecret: " + secretKey + ", passwordSecret: " + secretKey + "}}"),
		want: "must have authorization or basicAuth, or neither: both write the header Authorization",
	},
	"types of authorization are words": {
		on: "spec", ok: receiver("webhook: {url: 'http://a', authorization: {type: ApiKey, credentialsSecret: " + secretKey + "}}"),
		bad:  receiver("webhook: {url: 'http://a', authorization: {type: basic, credentialsSecret: "+secretKey+"}}", "webhook: {url: 'http://a', authorization: {type: 'a b', credentialsSecret: "+secretKey+"}}"),
		want: `must be one word such as "Bearer" or "ApiKey"; for Basic, write basicAuth`,
	},
	"trust is said of something": {
		on: "spec", ok: receiver("webhook: {url: 'https://a', tls: {caSecret: "+secretKey+"}}", "webhook: {url: 'https://a', tls: {serverName: a.example.com}}"),
		bad: receiver("webhook: {url: 'https://a', tls: {}}"), want: "must not be empty: write caSecret or serverName, or leave tls out",
	},
	"types of responders are known": {
		on: "spec", bad: receiver("opsgenie: {apiKeySecret: " + secretKey + ", responders: [{type: crowd, name: a}]}"), want: `supported values: "team", "user", "escalation", "schedule"`,
	},
	"names of responders are no templates": {
		on: "spec", bad: receiver("opsgenie: {apiKeySecret: " + secretKey + ", responders: [{type: team, name: '{{ .a }}'}]}"), want: `must be the name of a responder, such as "search", without braces and line breaks`,
	},
}

// mailed is an e-mail receiver with fields more, or other ones.
func mailed(fields ...string) []string {
	return receiver(each("email: {to: [a@example.com], from: b@example.com, %s}", fields...)...)
}

var emailRules = map[string]rule{
	"smarthosts have a port": {
		on: "spec", ok: mailed("smarthost: 'mail:25'", "smarthost: 'smtp.example.com:587'", "smarthost: '[::1]:25'", "smarthost: '10.0.0.1:25'"),
		bad:  mailed("smarthost: mail", "smarthost: 'smtp://mail:25'", "smarthost: '{{a}}:25'", "smarthost: '::1:25'"),
		want: `must be a host and a port, such as "smtp.example.com:587"`,
	},
	"addresses are addresses": {
		on: "spec", bad: receiver("email: {to: ['A Team <a@example.com>'], from: b@example.com, smarthost: 'a:25'}", "email: {to: ['{{.a}}@example.com'], from: b@example.com, smarthost: 'a:25'}",
			"email: {to: ['a@b.c, d@e.f'], from: b@example.com, smarthost: 'a:25'}", "email: {to: [a@b.c], from: nobody, smarthost: 'a:25'}"),
		want: `must be an e-mail address without a name, such as "search-team@example.com"`,
	},
	"there is somebody to write to": {
		on: "spec", bad: receiver("email: {to: [], from: b@example.com, smarthost: 'a:25'}"), want: "to in body should have at least 1 items",
	},
	"port 465 is encrypted from the first byte": {
		on: "spec", ok: mailed("smarthost: 'a:465', encryption: Implicit"), bad: mailed("smarthost: 'a:465'", "smarthost: 'a:587', encryption: Implicit", "smarthost: 'a:465', encryption: None"),
		want: "must be Implicit for port 465, and only there: Alertmanager decides by the port",
	},
	"passwords travel encrypted": {
		on: "spec", ok: mailed("smarthost: 'a:587', login: {username: a, passwordSecret: "+secretKey+"}", "smarthost: 'a:25', encryption: None"),
		bad:  mailed("smarthost: 'a:25', encryption: None, login: {username: a, passwordSecret: " + secretKey + "}"),
		want: "must be StartTLS or Implicit with a login: a password must not travel unencrypted",
	},
	"trust needs encryption": {
		on: "spec", ok: mailed("smarthost: 'a:587', tls: {caSecret: " + secretKey + "}"), bad: mailed("smarthost: 'a:25', encryption: None, tls: {serverName: a}"),
		want: "must be left out where encryption is None",
	},
	"passwords are references": {
		on: "spec", bad: mailed("smarthost: 'a:25', login: {username: a, password: b}"), want: "unknown field",
	},
	"user names are no templates": {
		on: "spec", bad: mailed("smarthost: 'a:25', login: {username: '{{a}}', passwordSecret: " + secretKey + "}"),
		want: `must be a user name without spaces and braces, such as "alerts@example.com"`,
	},
}

var muteRules = map[string]rule{
	"times of every kind are accepted": {
		on: "spec", ok: muted(`times: [{start: "00:00", end: "24:00"}]`, "weekdays: [saturday, sunday]", `weekdays: ["monday:friday"]`, "daysOfMonth: [{start: 1, end: 5}, {start: -3, end: -1}, {start: 28, end: -1}]",
			`months: ["july:august", december]`, `years: ["2026", "2027:2029"]`, "weekdays: [monday], location: UTC"),
	},
	"mute times say when": {
		on: "spec", bad: muted("", "location: UTC"), want: "must say when: write times, weekdays, daysOfMonth, months or years",
	},
	"times end after they start": {
		on: "spec", bad: muted(`times: [{start: "22:00", end: "06:00"}]`, `times: [{start: "22:00", end: "22:00"}]`), want: "must end after it starts: for a night, write two",
	},
	"starts are times": {
		on: "spec", bad: muted(`times: [{start: "9:00", end: "10:00"}]`, `times: [{start: "24:00", end: "24:00"}]`, `times: [{start: "09h", end: "10:00"}]`), want: `must be a time of the day with two digits each, such as "09:30"`,
	},
	"ends are times": {
		on: "spec", bad: muted(`times: [{start: "09:00", end: "24:01"}]`, `times: [{start: "09:00", end: "9:60"}]`), want: `must be a time of the day with two digits each, such as "17:30", or "24:00"`,
	},
	"weekdays are weekdays": {
		on: "spec", bad: muted("weekdays: [sat]", "weekdays: [Monday]", `weekdays: ["monday-friday"]`, `weekdays: ["1:5"]`), want: `must be a weekday or a range of them, such as "sunday" or "monday:friday"; the week begins on Sunday`,
	},
	"weekdays go on": {
		on: "spec", ok: muted(`weekdays: ["sunday:saturday"]`), bad: muted(`weekdays: ["saturday:sunday"]`, `weekdays: ["friday:monday"]`), want: "the week begins on Sunday",
	},
	"months are months": {
		on: "spec", bad: muted("months: [jan]", "months: [May]", `months: ["5"]`), want: `must be a month or a range of them, such as "december" or "july:august"`,
	},
	"months go on": {
		on: "spec", bad: muted(`months: ["november:january"]`), want: "over the turn of the year, write two",
	},
	"years go on": {
		on: "spec", bad: muted(`years: ["2027:2026"]`, `years: ["26"]`, `years: ["1999"]`), want: `must be a year or a range of them, such as "2026" or "2026:2027"`,
	},
	"no day is 0": {
		on: "spec", bad: muted("daysOfMonth: [{start: 0, end: 5}]", "daysOfMonth: [{start: -5, end: 0}]"), want: "must not be 0: the first day is 1, and the last is -1",
	},
	"days go on": {
		on: "spec", bad: muted("daysOfMonth: [{start: 5, end: 1}]", "daysOfMonth: [{start: -1, end: -3}]", "daysOfMonth: [{start: -3, end: 5}]"), want: "must not end before it begins: write two ranges",
	},
	"days are in a month": {
		on: "spec", bad: muted("daysOfMonth: [{start: 1, end: 32}]"), want: "should be less than or equal to 31",
	},
	"days are complete": {
		on: "spec", bad: muted("daysOfMonth: [{start: 1}]"), want: "end: Required value",
	},
	"there is no time zone but UTC": {
		on: "spec", bad: muted("weekdays: [monday], location: Europe/Berlin"), want: "must be UTC: an AlertmanagerConfig has no time zone, so write the times in UTC",
	},
	"mute times have severities": {
		on: "spec", ok: notified("muteTimes: [{name: a, severities: [critical], intervals: [{weekdays: [monday]}]}]"),
		bad:  notified("muteTimes: [{name: a, severities: [all], intervals: [{weekdays: [monday]}]}]"),
		want: `supported values: "critical", "warning", "info"`,
	},
	"names of mute times are unique": {
		on: "spec", bad: notified("muteTimes: [{name: a, intervals: [{weekdays: [monday]}]}, {name: a, intervals: [{weekdays: [friday]}]}]"), want: "muteTimes[1]: Duplicate value",
	},
	"there are at most 8 mute times": {
		on: "spec", bad: notified("muteTimes: " + list(9, "{name: a%d, intervals: [{weekdays: [monday]}]}")), want: "Too many: 9: must have at most 8 items",
	},
}
