package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Notifications says who is told of the alerts that fire, and when. It becomes an
// AlertmanagerConfig of the Prometheus Operator; docs/notifications.md explains it.
//
// +kubebuilder:validation:XValidation:rule="!has(self.defaultReceiver) || self.receivers.exists(r, r.name == self.defaultReceiver)",fieldPath=".defaultReceiver",message="must be the name of one of notifications.receivers: add that receiver, or correct the name"
// +kubebuilder:validation:XValidation:rule="!has(self.routes) || self.routes.all(route, route.receivers.all(name, self.receivers.exists(r, r.name == name)))",fieldPath=".routes",message="must name only receivers of notifications.receivers: add the receiver, or correct the name in routes[].receivers"
// +kubebuilder:validation:XValidation:rule="!self.groupInterval.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') || !self.repeatInterval.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') || duration(self.repeatInterval) >= duration(self.groupInterval)",fieldPath=".repeatInterval",message="must not be shorter than notifications.groupInterval: Alertmanager looks at a group only that often"
// +kubebuilder:validation:XValidation:rule="!has(self.routes) || self.routes.all(route, !has(route.repeatInterval) || !self.groupInterval.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') || !route.repeatInterval.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') || duration(route.repeatInterval) >= duration(self.groupInterval))",fieldPath=".routes",message="must not have a repeatInterval shorter than notifications.groupInterval: Alertmanager looks at a group only that often"
type Notifications struct {
	// receivers are those who may be told, 1 to 16.
	//
	// +required
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	Receivers []Receiver `json:"receivers,omitempty"`

	// defaultReceiver is told of the alerts whose severity no route names. At most
	// 63 characters. Default: the first of receivers. Example: "team-channel".
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	DefaultReceiver string `json:"defaultReceiver,omitempty"`

	// routes say who is told of alerts of a severity, one for each severity.
	// Default: defaultReceiver is told of all.
	//
	// +optional
	// +listType=map
	// +listMapKey=severity
	// +kubebuilder:validation:MaxItems=3
	Routes []NotificationRoute `json:"routes,omitempty"`

	// groupBy are labels of alerts: those that have the same values come in one
	// message. Alerts of different severities, or of different RAGMonitors, never
	// do. At most 8; empty for one message for everything.
	// Default: ["alertname"].
	//
	// +optional
	// +listType=set
	// +kubebuilder:default={"alertname"}
	// +kubebuilder:validation:MaxItems=8
	GroupBy []AlertLabelName `json:"groupBy,omitempty"`

	// groupWait is how long the first message waits for other alerts that belong
	// into it, 0s to 10m. Default: 10s.
	//
	// +optional
	// +kubebuilder:default="10s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) <= duration('10m')",message="must be a duration between 0s and 10m, such as \"10s\""
	GroupWait metav1.Duration `json:"groupWait,omitzero"`

	// groupInterval is how long an alert that is new in a message that was sent, or
	// that is resolved, waits for the next one, 1s to 24h. Default: 10s.
	//
	// +optional
	// +kubebuilder:default="10s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('24h')",message="must be a duration between 1s and 24h, such as \"10s\""
	GroupInterval metav1.Duration `json:"groupInterval,omitzero"`

	// repeatInterval is how soon a message is sent again while nothing has changed,
	// 5m to 120h, and not before groupInterval. Default: 1h.
	//
	// +optional
	// +kubebuilder:default="1h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('5m') && duration(self) <= duration('120h')",message="must be a duration between 5m and 120h, such as \"4h\""
	RepeatInterval metav1.Duration `json:"repeatInterval,omitzero"`

	// muteTimes are times at which nobody is told, at most 8. What fires then is
	// told afterwards, if it still does.
	//
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=8
	MuteTimes []MuteTime `json:"muteTimes,omitempty"`
}

// AlertLabelName is the name of a label of alerts: at most 63 characters.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^[a-zA-Z_][a-zA-Z0-9_]*$')",message="must be the name of a label of alerts, such as \"alertname\" or \"component\": letters, digits and '_'"
type AlertLabelName string

// ReceiverName is the name of a receiver: at most 63 characters.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=63
type ReceiverName string

// NotificationRoute says who is told of the alerts of one severity.
type NotificationRoute struct {
	// severity of the alerts.
	//
	// +required
	// +kubebuilder:validation:Enum=critical;warning;info
	Severity Severity `json:"severity,omitempty"`

	// receivers are the names of those who are told, 1 to 4.
	// Example: ["on-call", "team-channel"].
	//
	// +required
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=4
	Receivers []ReceiverName `json:"receivers,omitempty"`

	// repeatInterval for these alerts, 5m to 120h.
	// Default: notifications.repeatInterval.
	//
	// +optional
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))+$') && duration(self) >= duration('5m') && duration(self) <= duration('120h')",message="must be a duration between 5m and 120h, such as \"4h\""
	RepeatInterval *metav1.Duration `json:"repeatInterval,omitempty"`
}

// MuteTime is a time at which nobody is told.
type MuteTime struct {
	// name of the mute time, unique in the RAGMonitor. At most 63 characters.
	// Example: "nights".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="must be lower-case letters, digits and '-', beginning and ending with a letter or digit, such as \"nights\""
	Name string `json:"name,omitempty"`

	// severities of the alerts of which nobody is told.
	// Default: ["warning", "info"].
	//
	// +optional
	// +listType=set
	// +kubebuilder:default={"warning","info"}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:Enum=critical;warning;info
	Severities []Severity `json:"severities,omitempty"`

	// intervals that the mute time is made of, 1 to 8.
	//
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Intervals []MuteInterval `json:"intervals,omitempty"`
}

// MuteInterval is a time in which everything holds that is given: on one of the
// weekdays, at one of the times, and so on. What is left out holds always.
//
// +kubebuilder:validation:XValidation:rule="has(self.times) || has(self.weekdays) || has(self.daysOfMonth) || has(self.months) || has(self.years)",message="must say when: write times, weekdays, daysOfMonth, months or years"
type MuteInterval struct {
	// times of the day, 1 to 8.
	// Example: [{start: "00:00", end: "06:00"}, {start: "22:00", end: "24:00"}].
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Times []TimeRange `json:"times,omitempty"`

	// weekdays, single or from one to another, 1 to 7. The week begins on Sunday.
	// Example: ["saturday", "sunday"], or ["monday:friday"].
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=7
	Weekdays []WeekdayRange `json:"weekdays,omitempty"`

	// daysOfMonth, 1 to 8 ranges. Example: [{start: 1, end: 5}], or
	// [{start: -3, end: -1}] for the last three.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	DaysOfMonth []DayRange `json:"daysOfMonth,omitempty"`

	// months, single or from one to another, 1 to 12. Example: ["july:august"].
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=12
	Months []MonthRange `json:"months,omitempty"`

	// years, single or from one to another, 1 to 8. Example: ["2026:2027"].
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	Years []YearRange `json:"years,omitempty"`

	// location is the time zone of all of these. An AlertmanagerConfig has none, so
	// that only UTC is possible. Default: "UTC".
	//
	// +optional
	// +kubebuilder:default=UTC
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self == 'UTC'",message="must be UTC: an AlertmanagerConfig has no time zone, so write the times in UTC"
	Location string `json:"location,omitempty"`
}

// TimeRange is a time of the day: from start until before end.
//
// +kubebuilder:validation:XValidation:rule="self.start < self.end",message="must end after it starts: for a night, write two, such as {start: \"22:00\", end: \"24:00\"} and {start: \"00:00\", end: \"06:00\"}"
type TimeRange struct {
	// start of it, 00:00 to 23:59. Example: "22:00".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^([01][0-9]|2[0-3]):[0-5][0-9]$')",message="must be a time of the day with two digits each, such as \"09:30\""
	Start string `json:"start,omitempty"`

	// end of it, 00:01 to 24:00. Example: "24:00".
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=5
	// +kubebuilder:validation:XValidation:rule="self.matches('^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$')",message="must be a time of the day with two digits each, such as \"17:30\", or \"24:00\""
	End string `json:"end,omitempty"`
}

// WeekdayRange is a weekday, or a range of weekdays. The week begins on Sunday.
//
// +kubebuilder:validation:MaxLength=20
// +kubebuilder:validation:XValidation:rule="self.matches('^(sunday(:(sunday|monday|tuesday|wednesday|thursday|friday|saturday))?|monday(:(monday|tuesday|wednesday|thursday|friday|saturday))?|tuesday(:(tuesday|wednesday|thursday|friday|saturday))?|wednesday(:(wednesday|thursday|friday|saturday))?|thursday(:(thursday|friday|saturday))?|friday(:(friday|saturday))?|saturday(:(saturday))?)$')",message="must be a weekday or a range of them, such as \"sunday\" or \"monday:friday\"; the week begins on Sunday, so write \"saturday\" and \"sunday\" for a weekend"
type WeekdayRange string

// DayRange is a range of days of the month. Negative days count from its end: -1 is
// the last.
//
// +kubebuilder:validation:XValidation:rule="self.start != 0 && self.end != 0",message="must not be 0: the first day is 1, and the last is -1"
// +kubebuilder:validation:XValidation:rule="(self.start < 0 || self.end < 0 || self.start <= self.end) && (self.start > 0 || self.end < 0 && self.start <= self.end)",message="must not end before it begins: write two ranges, such as {start: 25, end: -1} and {start: 1, end: 5}"
type DayRange struct {
	// start is the first day, 1 to 31, or -31 to -1 from the end of the month.
	//
	// +required
	// +kubebuilder:validation:Minimum=-31
	// +kubebuilder:validation:Maximum=31
	Start *int32 `json:"start,omitempty"`

	// end is the last day, 1 to 31, or -31 to -1 from the end of the month.
	//
	// +required
	// +kubebuilder:validation:Minimum=-31
	// +kubebuilder:validation:Maximum=31
	End *int32 `json:"end,omitempty"`
}

// MonthRange is a month, or a range of months.
//
// +kubebuilder:validation:MaxLength=20
// +kubebuilder:validation:XValidation:rule="self.matches('^(january(:(january|february|march|april|may|june|july|august|september|october|november|december))?|february(:(february|march|april|may|june|july|august|september|october|november|december))?|march(:(march|april|may|june|july|august|september|october|november|december))?|april(:(april|may|june|july|august|september|october|november|december))?|may(:(may|june|july|august|september|october|november|december))?|june(:(june|july|august|september|october|november|december))?|july(:(july|august|september|october|november|december))?|august(:(august|september|october|november|december))?|september(:(september|october|november|december))?|october(:(october|november|december))?|november(:(november|december))?|december(:(december))?)$')",message="must be a month or a range of them, such as \"december\" or \"july:august\"; over the turn of the year, write two"
type MonthRange string

// YearRange is a year, or a range of years.
//
// +kubebuilder:validation:MaxLength=9
// +kubebuilder:validation:XValidation:rule="self.matches('^2[0-9]{3}(:2[0-9]{3})?$') && (self.size() != 9 || self.substring(0, 4) <= self.substring(5, 9))",message="must be a year or a range of them, such as \"2026\" or \"2026:2027\""
type YearRange string
