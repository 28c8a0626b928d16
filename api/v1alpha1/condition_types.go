package v1alpha1

// Condition types. All have positive polarity. docs/conditions.md says for every
// reason what to do about it.
const (
	// ConditionAccepted says whether the spec could be resolved. When it is
	// False, the children of the last accepted spec are kept as they are.
	ConditionAccepted = "Accepted"
	// ConditionPrerequisitesMet says whether the cluster has every API that the
	// children need.
	ConditionPrerequisitesMet = "PrerequisitesMet"
	// ConditionApplied says whether every child whose API is present is in the
	// cluster as wanted.
	ConditionApplied = "Applied"
	// ConditionAvailable says whether the workloads that the RAGMonitor asked
	// for (node-exporter) run.
	ConditionAvailable = "Available"
	// ConditionReady is the summary of Accepted, PrerequisitesMet, Applied and
	// Available. It is about our objects, not about the service's health.
	ConditionReady = "Ready"
	// ConditionNotifying says whether an Alertmanager of the cluster takes up the
	// receivers of spec.notifications; without these there is no such condition. It
	// is no part of Ready: whom an Alertmanager listens to is its administrator's
	// decision.
	ConditionNotifying = "Notifying"
	// ConditionDataAvailable says whether the metric source answered with fresh
	// data of this service. When it is not True, Healthy is Unknown.
	ConditionDataAvailable = "DataAvailable"
	// ConditionHealthy says whether the service meets its objectives.
	ConditionHealthy = "Healthy"
)

// Reasons of Accepted.
const (
	// ReasonAccepted means that the spec was resolved.
	ReasonAccepted = "Accepted"
	// ReasonUnknownVocabulary means that a component names a vocabulary that is
	// not in the catalogue.
	ReasonUnknownVocabulary = "UnknownVocabulary"
	// ReasonUnknownAlert means that an override names an alert that does not exist.
	ReasonUnknownAlert = "UnknownAlert"
	// ReasonInvalidSpec means that a value passed admission and cannot be used.
	ReasonInvalidSpec = "InvalidSpec"
	// ReasonRulesTooLarge: the rules would not fit into objects that the Prometheus
	// Operator accepts.
	ReasonRulesTooLarge = "RulesTooLarge"
)

// Reasons of PrerequisitesMet.
const (
	// ReasonAPIsPresent means that every API is there.
	ReasonAPIsPresent = "APIsPresent"
	// ReasonAPIsNotNeeded means that an API is not installed, and that the operator
	// is its own metric source, which does not need it.
	ReasonAPIsNotNeeded = "APIsNotNeeded"
	// ReasonAPIsMissing means that an API that children need is not installed.
	ReasonAPIsMissing = "APIsMissing"
)

// Reasons of Applied.
const (
	// ReasonApplied means that every child whose API is present is as wanted.
	ReasonApplied = "Applied"
	// ReasonConflict means that an object with a child's name exists and belongs
	// to somebody else.
	ReasonConflict = "Conflict"
	// ReasonApplyFailed means that the API server refused a child, or failed.
	ReasonApplyFailed = "ApplyFailed"
)

// ReasonPending is the reason of PrerequisitesMet, Applied, Available and Notifying
// while no spec has been accepted yet.
const ReasonPending = "Pending"

// ReasonUninstalled is the reason of Applied, DataAvailable and Healthy, and of
// Available where our node-exporter ran, once the operator was uninstalled.
const ReasonUninstalled = "Uninstalled"

// Reasons of Available.
const (
	// ReasonNodeMetricsOff means that no node metrics were asked for.
	ReasonNodeMetricsOff = "NodeMetricsOff"
	// ReasonNodeExporterRunning means that our node-exporter runs on every node
	// that it can run on.
	ReasonNodeExporterRunning = "NodeExporterRunning"
	// ReasonExternalNodeExporter means that another node-exporter is there, and
	// is used instead of ours.
	ReasonExternalNodeExporter = "ExternalNodeExporter"
	// ReasonNodeExporterUnavailable means that our node-exporter does not run on
	// some node, or is not made.
	ReasonNodeExporterUnavailable = "NodeExporterUnavailable"
)

// Reasons of Notifying.
const (
	// ReasonConfigurationSelected means that an Alertmanager selects our
	// AlertmanagerConfig, and that nobody has said whether it is valid.
	ReasonConfigurationSelected = "ConfigurationSelected"
	// ReasonConfigurationAccepted means that the Prometheus Operator has accepted our
	// AlertmanagerConfig for an Alertmanager.
	ReasonConfigurationAccepted = "ConfigurationAccepted"
	// ReasonConfigurationRejected means that the Prometheus Operator has refused our
	// AlertmanagerConfig: a Secret is missing, say.
	ReasonConfigurationRejected = "ConfigurationRejected"
	// ReasonConfigurationNotSelected means that no Alertmanager selects our
	// AlertmanagerConfig.
	ReasonConfigurationNotSelected = "ConfigurationNotSelected"
	// ReasonConfigurationMissing means that our AlertmanagerConfig is not there: the
	// API is missing, or it could not be applied.
	ReasonConfigurationMissing = "ConfigurationMissing"
	// ReasonConfigurationOutdated means that our AlertmanagerConfig is there, and could
	// not be updated to what the spec says now.
	ReasonConfigurationOutdated = "ConfigurationOutdated"
	// ReasonNoAlertmanager means that there is no Alertmanager of the Prometheus
	// Operator.
	ReasonNoAlertmanager = "NoAlertmanager"
	// ReasonAlertmanagersUnknown means that the operator could not find out which
	// Alertmanagers there are.
	ReasonAlertmanagersUnknown = "AlertmanagersUnknown"
)

// ReasonReady is the reason of Ready when it is True. When it is False, the
// reason is that of the first condition that is not True.
const ReasonReady = "Ready"

// Reasons of DataAvailable, and of Healthy while it is Unknown.
const (
	// ReasonDataFresh means that the data is fresh.
	ReasonDataFresh = "DataFresh"
	// ReasonNoSource means that the operator has no metric source.
	ReasonNoSource = "NoSource"
	// ReasonUnknownSource means that the operator's configuration has no metric
	// source with the name that the spec gives.
	ReasonUnknownSource = "UnknownSource"
	// ReasonSourceFailed means that the metric source did not answer as it should.
	ReasonSourceFailed = "SourceFailed"
	// ReasonRulesNotLoaded means that the source has no result of our rules, or none
	// of those of some component.
	ReasonRulesNotLoaded = "RulesNotLoaded"
	// ReasonRulesNotEvaluated means that our rules were evaluated too long ago, or have
	// failed since.
	ReasonRulesNotEvaluated = "RulesNotEvaluated"
	// ReasonNoTargets means that nothing is scraped for this RAGMonitor.
	ReasonNoTargets = "NoTargets"
	// ReasonTargetsDown means that every target, or some, cannot be scraped.
	ReasonTargetsDown = "TargetsDown"
	// ReasonRequestsNotMeasured means that the targets are up and no metric of
	// the vocabulary that counts requests is among theirs.
	ReasonRequestsNotMeasured = "RequestsNotMeasured"
	// ReasonCountersFrozen means that requests are in flight and none is counted.
	ReasonCountersFrozen = "CountersFrozen"
)

// Reasons of Healthy.
const (
	// ReasonObjectivesMet means that every objective is met.
	ReasonObjectivesMet = "ObjectivesMet"
	// ReasonNoRequests means that there were no requests to judge by.
	ReasonNoRequests = "NoRequests"
	// ReasonErrorRatioHigh means that more requests fail than is acceptable.
	ReasonErrorRatioHigh = "ErrorRatioHigh"
	// ReasonStageErrorRatioHigh means that more calls of a stage fail than is
	// acceptable for requests.
	ReasonStageErrorRatioHigh = "StageErrorRatioHigh"
	// ReasonLatencyHigh means that requests take longer than is acceptable.
	ReasonLatencyHigh = "LatencyHigh"
	// ReasonStageLatencyHigh means that a stage takes longer than is acceptable.
	ReasonStageLatencyHigh = "StageLatencyHigh"
	// ReasonCostPerDayHigh means that the day will cost more than its budget.
	ReasonCostPerDayHigh = "CostPerDayHigh"
	// ReasonCostPerRequestHigh means that requests cost more than is acceptable.
	ReasonCostPerRequestHigh = "CostPerRequestHigh"
	// ReasonCacheHitRatioLow means that the cache hits less than is acceptable.
	ReasonCacheHitRatioLow = "CacheHitRatioLow"
	// ReasonRateLimitLow means that the provider will soon refuse requests.
	ReasonRateLimitLow = "RateLimitLow"
	// ReasonRelevanceLow means that answers are less relevant than is acceptable.
	ReasonRelevanceLow = "RelevanceLow"
	// ReasonContextPrecisionLow means that the retrieved context is less precise
	// than is acceptable.
	ReasonContextPrecisionLow = "ContextPrecisionLow"
	// ReasonCriticalAlertFiring means that an alert of severity critical fires.
	ReasonCriticalAlertFiring = "CriticalAlertFiring"
)
