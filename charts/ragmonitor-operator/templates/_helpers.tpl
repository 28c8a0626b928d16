{{- define "ragmonitor-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- /* At most 55 characters, so that a Service's name with its suffix stays within 63. */}}
{{- define "ragmonitor-operator.fullname" -}}
{{- $name := include "ragmonitor-operator.name" . }}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- default $full .Values.fullnameOverride | trunc 55 | trimSuffix "-" }}
{{- end }}

{{- define "ragmonitor-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "ragmonitor-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* Ours win: the user's must not make an object another's. */}}
{{- define "ragmonitor-operator.labels" -}}
{{- $own := include "ragmonitor-operator.selectorLabels" . | fromYaml }}
{{- $_ := set $own "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") }}
{{- $_ := set $own "app.kubernetes.io/version" .Chart.AppVersion }}
{{- $_ := set $own "app.kubernetes.io/managed-by" .Release.Service }}
{{- toYaml (merge $own .Values.commonLabels) }}
{{- end }}

{{- /* The annotations of an object that has own besides the common ones, with their heading; nothing where there are none. */}}
{{- define "ragmonitor-operator.annotations" -}}
{{- with merge (dict) (default (dict) .own) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* What begins every object of a namespace: the name with a suffix, the namespace, the labels. */}}
{{- define "ragmonitor-operator.metadata" -}}
name: {{ include "ragmonitor-operator.fullname" .root }}{{ .suffix }}
{{- if not .cluster }}
namespace: {{ .root.Release.Namespace }}
{{- end }}
labels:
  {{- toYaml (merge (dict) (default (dict) .labels) (include "ragmonitor-operator.labels" .root | fromYaml)) | nindent 2 }}
{{- include "ragmonitor-operator.annotations" (dict "root" .root "own" .annotations) }}
{{- end }}

{{- define "ragmonitor-operator.serviceAccountName" -}}
{{- default (ternary (include "ragmonitor-operator.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name }}
{{- end }}

{{- define "ragmonitor-operator.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}
