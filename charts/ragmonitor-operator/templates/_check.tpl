{{- /* What the schema cannot say. The operator would refuse most of it when it starts, where fewer people look. */}}
{{- define "ragmonitor-operator.check" -}}
{{- include "ragmonitor-operator.checkPrometheus" . }}
{{- include "ragmonitor-operator.checkSources" . }}
{{- include "ragmonitor-operator.checkStorage" . }}
{{- include "ragmonitor-operator.checkMonitoring" . }}
{{- include "ragmonitor-operator.checkBudget" . }}
{{- if and .Values.kubeletMetrics.enabled .Values.cadvisor.enabled }}
{{- fail "kubeletMetrics and cadvisor are both enabled, and tell of the same containers: leave one of them out" }}
{{- end }}
{{- end }}

{{- define "ragmonitor-operator.checkPrometheus" -}}
{{- $url := include "ragmonitor-operator.prometheusURL" . }}
{{- with .Values.prometheus }}
{{- $files := or .caConfigMap.name .tokenSecret.name }}
{{- if and $.Values.metricSources (or $url $files) }}
{{- fail "metricSources and prometheus are both given: write the server into metricSources, as {name: prometheus, url: ...}, and leave prometheus out" }}
{{- end }}
{{- if and .url .operated.namespace }}
{{- fail "prometheus.url and prometheus.operated.namespace are both given: leave one of them out" }}
{{- end }}
{{- if and (not $url) $files }}
{{- fail "prometheus.caConfigMap.name and prometheus.tokenSecret.name need prometheus.url: say which server they are for" }}
{{- end }}
{{- if and .caConfigMap.name (hasPrefix "http:" $url) }}
{{- fail "prometheus.caConfigMap.name needs a prometheus.url with https: write https, or leave the ConfigMap out" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "ragmonitor-operator.checkSources" -}}
{{- $names := list }}
{{- $embedded := 0 }}
{{- range .Values.metricSources }}
{{- if has .name $names }}
{{- fail (printf "metricSources: two are named %s: give each a name of its own" .name) }}
{{- end }}
{{- $names = append $names .name }}
{{- if .embedded }}
{{- $embedded = add1 $embedded }}
{{- end }}
{{- include "ragmonitor-operator.checkSource" . }}
{{- end }}
{{- if gt (int $embedded) 1 }}
{{- fail "metricSources: more than one is embedded, and they would read the same: leave one of them" }}
{{- end }}
{{- end }}

{{- define "ragmonitor-operator.checkSource" -}}
{{- $at := printf "metricSources: %s" .name }}
{{- if and (not .embedded) (not .url) }}
{{- fail (printf "%s has no url: write that of a server with the Prometheus query API, or embedded: true for none" $at) }}
{{- end }}
{{- if and .embedded (gt (len .) 2) }}
{{- fail (printf "%s is embedded and asks no server: leave out all but name and embedded" $at) }}
{{- end }}
{{- if and (or .caConfigMap .clientCertSecret) (hasPrefix "http:" .url) }}
{{- fail (printf "%s has caConfigMap or clientCertSecret, and a url without https: write https, or leave them out" $at) }}
{{- end }}
{{- range $header, $value := .headers }}
{{- if regexMatch "(?i)^((proxy-)?authorization|cookie|x-amz-security-token)$" $header }}
{{- /* What it holds must not be shown, nor get into a ConfigMap. */}}
{{- fail (printf "%s: headers has %s, and headers are no place for secrets: name a Secret in tokenSecret or basicAuth" $at $header) }}
{{- end }}
{{- end }}
{{- if and .tokenSecret .basicAuth }}
{{- fail (printf "%s has tokenSecret and basicAuth: leave one of them out" $at) }}
{{- end }}
{{- with .basicAuth }}
{{- if eq (empty .username) (empty .usernameKey) }}
{{- fail (printf "%s: basicAuth needs exactly one of username and usernameKey" $at) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "ragmonitor-operator.checkStorage" -}}
{{- if .Values.embedded.storage.existingClaim }}
{{- if not (include "ragmonitor-operator.isEmbedded" .) }}
{{- fail "embedded.storage.existingClaim is given, and no metric source is embedded: leave it out, or add {name: embedded, embedded: true} to metricSources" }}
{{- end }}
{{- if gt (int .Values.replicas) 1 }}
{{- fail (printf "embedded.storage.existingClaim needs replicas 1, not %d: a claim that is ReadWriteOnce is for one pod, and only one operator scrapes. Leave the claim out to have others stand by, without the samples of the first" (int .Values.replicas)) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "ragmonitor-operator.checkMonitoring" -}}
{{- with .Values.metrics }}
{{- if and (not .enabled) (or .serviceMonitor.enabled .prometheusRule.enabled .readers) }}
{{- fail "metrics.serviceMonitor, metrics.prometheusRule and metrics.readers need metrics.enabled: there is nothing to scrape without it" }}
{{- end }}
{{- end }}
{{- end }}

{{- define "ragmonitor-operator.checkBudget" -}}
{{- with .Values.podDisruptionBudget }}
{{- if and .enabled (gt (int $.Values.replicas) 1) (ge (int .minAvailable) (int $.Values.replicas)) }}
{{- fail (printf "podDisruptionBudget.minAvailable is %d of %d replicas: no node with one of them could be drained. Write fewer than replicas" (int .minAvailable) (int $.Values.replicas)) }}
{{- end }}
{{- end }}
{{- end }}
