package model

import "time"

// Notifications say who is told of alerts, and when.
type Notifications struct {
	Receivers []Receiver
	// DefaultReceiver is told of alerts with a severity that is none of Routes.
	DefaultReceiver string
	// Routes are one for each severity, the gravest first.
	Routes []Route
	// GroupBy are the labels that alerts in one message have in common.
	GroupBy                  []string
	GroupWait, GroupInterval time.Duration
	MuteTimes                []MuteTime
}

// Route says who is told of the alerts of one severity.
type Route struct {
	Severity string
	// Receivers and MuteTimes are names.
	Receivers []string
	Repeat    time.Duration
	MuteTimes []string
}

// Receiver is somebody who may be told. Exactly one of the kinds is not nil.
type Receiver struct {
	Name string
	// Resolved says whether it is told when alerts have ended, too.
	Resolved  bool
	Slack     *Slack
	Email     *Email
	Webhook   *Webhook
	PagerDuty *PagerDuty
	Teams     *Teams
	Opsgenie  *Opsgenie
}

// Secret names a key of a Secret in the RAGMonitor's namespace.
type Secret struct{ Name, Key string }

// Slack is a channel of Slack.
type Slack struct {
	URL Secret
	// Channel is "" for that of the webhook.
	Channel string
}

// Email is told by e-mail.
type Email struct {
	To        []string
	From      string
	Smarthost string
	// StartTLS says whether the server must offer it.
	StartTLS bool
	// Username is "" without a login.
	Username string
	Password Secret
	TLS      *TLS
}

// TLS says whom to trust.
type TLS struct {
	// CA is nil for the authorities that Alertmanager trusts.
	CA *Secret
	// ServerName is "" for the host that is connected to.
	ServerName string
}

// Webhook is an HTTP endpoint.
type Webhook struct {
	// URL is "" where URLSecret is not nil.
	URL       string
	URLSecret *Secret
	// Authorization and BasicAuth are nil without one.
	Authorization *Authorization
	BasicAuth     *BasicAuth
	TLS           *TLS
}

// Authorization is a header: its first word, and what follows.
type Authorization struct {
	Type        string
	Credentials Secret
}

// BasicAuth is a login by HTTP basic authentication.
type BasicAuth struct{ Username, Password Secret }

// PagerDuty is a service of PagerDuty.
type PagerDuty struct {
	RoutingKey Secret
	// URL is "" for that of Alertmanager.
	URL string
}

// Teams is a channel of Microsoft Teams.
type Teams struct{ URL Secret }

// Opsgenie is told through Opsgenie.
type Opsgenie struct {
	APIKey Secret
	// URL is "" for that of Alertmanager.
	URL        string
	Responders []Responder
}

// Responder is responsible for an alert. Type is team, user, escalation or schedule.
type Responder struct{ Type, Name string }

// MuteTime is a time at which nobody is told.
type MuteTime struct {
	Name      string
	Intervals []MuteInterval
}

// MuteInterval is a time, in UTC, in which everything holds that is given.
type MuteInterval struct {
	Times                   []TimeRange
	Weekdays, Months, Years []string
	DaysOfMonth             []DayRange
}

// TimeRange is a time of the day, such as "22:00" until before "24:00".
type TimeRange struct{ Start, End string }

// DayRange is from one day of the month to another, both included; negative ones
// count from its end.
type DayRange struct{ Start, End int }
