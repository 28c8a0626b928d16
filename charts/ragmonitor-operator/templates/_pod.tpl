{{- define "ragmonitor-operator.args" -}}
- --leader-elect=true
- --health-probe-bind-address=:8081
- --metrics-bind-address={{ ternary ":8443" "0" .Values.metrics.enabled }}
{{- if and .Values.metrics.enabled .Values.metrics.certSecret }}
- --metrics-cert-dir=/etc/ragmonitor/metrics
{{- end }}
{{- if .Values.metricSources }}
- --metric-sources={{ include "ragmonitor-operator.sourcesDir" . }}/sources.yaml
{{- end }}
{{- with include "ragmonitor-operator.prometheusURL" . }}
- {{ printf "--prometheus-url=%s" . | quote }}
{{- end }}
{{- with .Values.prometheus }}
{{- if .caConfigMap.name }}
- --prometheus-ca-file=/etc/ragmonitor/prometheus/ca.crt
{{- end }}
{{- if .tokenSecret.name }}
- --prometheus-token-file=/etc/ragmonitor/prometheus/token
{{- end }}
{{- end }}
- --aggregation-interval={{ .Values.aggregation.interval }}
{{- with .Values.childLabels }}
{{- $labels := list }}
{{- range $name, $value := . }}
{{- $labels = append $labels (printf "%s=%s" $name $value) }}
{{- end }}
- {{ printf "--child-labels=%s" (join "," $labels) | quote }}
{{- end }}
- {{ printf "--namespace-labels=%s" (join "," .Values.existingSeries.namespaceLabels) | quote }}
- --series-without-namespace={{ .Values.existingSeries.allowUnlabelled }}
{{- if .Values.prices.configMap.name }}
- --price-table=/etc/ragmonitor/prices/prices.yaml
{{- end }}
{{- with .Values.grafana.url }}
- {{ printf "--grafana-url=%s" . | quote }}
{{- end }}
- --zap-log-level={{ .Values.logLevel }}
{{- include "ragmonitor-operator.nodeArguments" . }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}

{{- define "ragmonitor-operator.hasMetricsCert" -}}
{{- if and .Values.metrics.enabled .Values.metrics.certSecret }}true{{ end }}
{{- end }}

{{- define "ragmonitor-operator.hasPrometheusFiles" -}}
{{- if or .Values.prometheus.caConfigMap.name .Values.prometheus.tokenSecret.name }}true{{ end }}
{{- end }}

{{- define "ragmonitor-operator.volumeMounts" -}}
{{- $cert := include "ragmonitor-operator.hasMetricsCert" . }}
{{- $prometheus := include "ragmonitor-operator.hasPrometheusFiles" . }}
{{- $prices := .Values.prices.configMap.name }}
{{- $embedded := include "ragmonitor-operator.isEmbedded" . }}
{{- if or $cert .Values.metricSources $prometheus $prices $embedded -}}
volumeMounts:
  {{- if $cert }}
  - name: metrics-cert
    mountPath: /etc/ragmonitor/metrics
    readOnly: true
  {{- end }}
  {{- if .Values.metricSources }}
  - name: sources
    mountPath: {{ include "ragmonitor-operator.sourcesDir" . }}
    readOnly: true
  {{- end }}
  {{- if $prometheus }}
  - name: prometheus
    mountPath: /etc/ragmonitor/prometheus
    readOnly: true
  {{- end }}
  {{- if $prices }}
  - name: prices
    mountPath: /etc/ragmonitor/prices
    readOnly: true
  {{- end }}
  {{- if $embedded }}
  - name: samples
    mountPath: {{ include "ragmonitor-operator.samplesDir" . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "ragmonitor-operator.volumes" -}}
{{- $cert := include "ragmonitor-operator.hasMetricsCert" . }}
{{- $prometheus := include "ragmonitor-operator.hasPrometheusFiles" . }}
{{- $prices := .Values.prices.configMap }}
{{- $embedded := include "ragmonitor-operator.isEmbedded" . }}
{{- if or $cert .Values.metricSources $prometheus $prices.name $embedded -}}
volumes:
  {{- if $cert }}
  - name: metrics-cert
    secret:
      secretName: {{ .Values.metrics.certSecret }}
      items:
        - key: tls.crt
          path: tls.crt
        - key: tls.key
          path: tls.key
  {{- end }}
  {{- if .Values.metricSources }}
  - name: sources
    projected:
      sources:
        {{- include "ragmonitor-operator.sourcesVolume" . | nindent 8 }}
  {{- end }}
  {{- if $prometheus }}
  - name: prometheus
    projected:
      sources:
        {{- with .Values.prometheus.caConfigMap }}
        {{- if .name }}
        - configMap:
            name: {{ .name }}
            items:
              - key: {{ .key }}
                path: ca.crt
        {{- end }}
        {{- end }}
        {{- with .Values.prometheus.tokenSecret }}
        {{- if .name }}
        - secret:
            name: {{ .name }}
            items:
              - key: {{ .key }}
                path: token
        {{- end }}
        {{- end }}
  {{- end }}
  {{- if $prices.name }}
  - name: prices
    configMap:
      name: {{ $prices.name }}
      items:
        - key: {{ $prices.key }}
          path: prices.yaml
  {{- end }}
  {{- if $embedded }}
  - name: samples
    {{- with .Values.embedded.storage }}
    {{- if .existingClaim }}
    persistentVolumeClaim:
      claimName: {{ .existingClaim | quote }}
    {{- else }}
    emptyDir:
      sizeLimit: {{ .sizeLimit }}
    {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "ragmonitor-operator.samplesDir" -}}
/var/lib/ragmonitor
{{- end }}

{{- /* Sources are read once: a pod with others is another pod. */}}
{{- define "ragmonitor-operator.podAnnotations" -}}
{{- $own := dict }}
{{- if .Values.metricSources }}
{{- $_ := set $own "checksum/metric-sources" (include "ragmonitor-operator.sourcesFile" . | sha256sum) }}
{{- end }}
{{- with merge $own .Values.podAnnotations }}
{{- toYaml . }}
{{- end }}
{{- end }}

{{- /* An entry without a selector would count nothing. */}}
{{- define "ragmonitor-operator.spread" -}}
{{- $own := dict "labelSelector" (dict "matchLabels" (include "ragmonitor-operator.selectorLabels" . | fromYaml)) }}
{{- range .Values.topologySpreadConstraints }}
{{ list (ternary . (merge (dict) . $own) (hasKey . "labelSelector")) | toYaml }}
{{- end }}
{{- end }}
