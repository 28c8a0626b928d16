{{- /* The one server that prometheus names; empty without one. */}}
{{- define "ragmonitor-operator.prometheusURL" -}}
{{- with .Values.prometheus }}
{{- if .url }}
{{- .url }}
{{- else if .operated.namespace }}
{{- printf "http://prometheus-operated.%s.svc:%d%s" .operated.namespace (int .operated.port) (default "" .operated.path) }}
{{- end }}
{{- end }}
{{- end }}

{{- /* "true" where the operator scrapes pods itself. */}}
{{- define "ragmonitor-operator.isEmbedded" -}}
{{- $embedded := not (or .Values.metricSources (include "ragmonitor-operator.prometheusURL" .)) }}
{{- range .Values.metricSources }}
{{- $embedded = or $embedded .embedded }}
{{- end }}
{{- if $embedded }}true{{ end }}
{{- end }}

{{- define "ragmonitor-operator.sourcesDir" -}}
/etc/ragmonitor/sources
{{- end }}

{{- /* The file of --metric-sources. Of each source the files are in a folder with its name. */}}
{{- define "ragmonitor-operator.sourcesFile" -}}
sources:
{{- range .Values.metricSources }}
  - name: {{ .name | quote }}
{{- if .embedded }}
    embedded: {}
{{- else }}
{{- include "ragmonitor-operator.server" (dict "source" . "dir" (printf "%s/%s" (include "ragmonitor-operator.sourcesDir" $) .name)) | nindent 4 }}
{{- end }}
{{- end }}
{{- end }}

{{- define "ragmonitor-operator.server" -}}
{{- $dir := .dir -}}
{{- with .source -}}
url: {{ .url | quote }}
{{- if .caConfigMap }}
caFile: {{ $dir }}/ca.crt
{{- end }}
{{- if .clientCertSecret }}
certFile: {{ $dir }}/tls.crt
keyFile: {{ $dir }}/tls.key
{{- end }}
{{- if .tokenSecret }}
tokenFile: {{ $dir }}/token
{{- end }}
{{- with .basicAuth }}
basicAuth:
  {{- if .username }}
  username: {{ .username | quote }}
  {{- else }}
  usernameFile: {{ $dir }}/username
  {{- end }}
  passwordFile: {{ $dir }}/password
{{- end }}
{{- with .headers }}
headers:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .timeout }}
timeout: {{ . }}
{{- end }}
{{- with .maxSamples }}
maxSamples: {{ int . }}
{{- end }}
{{- with .maxClockSkew }}
maxClockSkew: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- /* What is mounted at sourcesDir: the file, and what it names. */}}
{{- define "ragmonitor-operator.sourcesVolume" -}}
- configMap:
    name: {{ include "ragmonitor-operator.fullname" . }}-sources
    items:
      - key: sources.yaml
        path: sources.yaml
{{- range .Values.metricSources }}
{{- $name := .name }}
{{- with .caConfigMap }}
- configMap:
    name: {{ .name | quote }}
    items:
      - key: {{ default "ca.crt" .key | quote }}
        path: {{ $name }}/ca.crt
{{- end }}
{{- with .clientCertSecret }}
- secret:
    name: {{ .name | quote }}
    items:
      - key: tls.crt
        path: {{ $name }}/tls.crt
      - key: tls.key
        path: {{ $name }}/tls.key
{{- end }}
{{- with .tokenSecret }}
- secret:
    name: {{ .name | quote }}
    items:
      - key: {{ default "token" .key | quote }}
        path: {{ $name }}/token
{{- end }}
{{- with .basicAuth }}
- secret:
    name: {{ .secret.name | quote }}
    items:
      {{- with .usernameKey }}
      - key: {{ . | quote }}
        path: {{ $name }}/username
      {{- end }}
      - key: {{ default "password" .passwordKey | quote }}
        path: {{ $name }}/password
{{- end }}
{{- end }}
{{- end }}
