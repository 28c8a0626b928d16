{{- define "ragmonitor-operator.args" -}}
- --leader-elect=true
- --health-probe-bind-address=:8081
- --metrics-bind-address={{ ternary ":8443" "0" .Values.metrics.enabled }}
{{- if and .Values.metrics.enabled .Values.metrics.certSecret }}
- --metrics-cert-dir=/etc/ragmonitor/metrics
{{- end }}
{{- with .Values.prometheus }}
{{- if .url }}
- {{ printf "--prometheus-url=%s" .url | quote }}
{{- end }}
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
- --zap-log-level={{ .Values.logLevel }}
- --node-exporter={{ .Values.nodeExporter.enabled }}
{{- if .Values.nodeExporter.enabled }}
- {{ printf "--node-exporter-image=%s" .Values.nodeExporter.image | quote }}
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
{{- if or $cert $prometheus $prices -}}
volumeMounts:
  {{- if $cert }}
  - name: metrics-cert
    mountPath: /etc/ragmonitor/metrics
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
{{- end }}
{{- end }}

{{- define "ragmonitor-operator.volumes" -}}
{{- $cert := include "ragmonitor-operator.hasMetricsCert" . }}
{{- $prometheus := include "ragmonitor-operator.hasPrometheusFiles" . }}
{{- $prices := .Values.prices.configMap }}
{{- if or $cert $prometheus $prices.name -}}
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
{{- end }}
{{- end }}
