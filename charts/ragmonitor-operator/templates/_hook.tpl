{{- /* Pods of hooks must not have the selector's labels: the Service would send them requests, and the PodDisruptionBudget count them. */}}
{{- define "ragmonitor-operator.hookLabels" -}}
app.kubernetes.io/name: {{ include "ragmonitor-operator.name" . }}-hook
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- /* The annotations of a hook. Those of a lower weight come first, and all go when the last has succeeded. */}}
{{- define "ragmonitor-operator.hook" -}}
helm.sh/hook: {{ .hook }}
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- if .log }}
helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
{{- end }}
{{- end }}

{{- /* The metadata of an object that is a hook. */}}
{{- define "ragmonitor-operator.hookMetadata" -}}
{{- $own := dict "root" .root "suffix" .suffix "cluster" .cluster "annotations" (include "ragmonitor-operator.hook" . | fromYaml) }}
{{- $_ := set $own "labels" .labels }}
{{- include "ragmonitor-operator.metadata" $own }}
{{- end }}

{{- /* The account of a hook, and the binding of roles with its name. */}}
{{- define "ragmonitor-operator.hookAccount" -}}
{{- $name := printf "%s%s" (include "ragmonitor-operator.fullname" .root) .suffix }}
apiVersion: v1
kind: ServiceAccount
metadata:
  {{- include "ragmonitor-operator.hookMetadata" (merge (dict "weight" -3) .) | nindent 2 }}
automountServiceAccountToken: false
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  {{- include "ragmonitor-operator.hookMetadata" (merge (dict "weight" -1 "cluster" true) .) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ $name }}
    namespace: {{ .root.Release.Namespace }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "ragmonitor-operator.hookMetadata" (merge (dict "weight" -1) .) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $name }}
subjects:
  - kind: ServiceAccount
    name: {{ $name }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}

{{- /* The pod of a hook: the operator's own image, for there is no other that is sure to be there. */}}
{{- define "ragmonitor-operator.hookPod" -}}
{{- with .root.Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
serviceAccountName: {{ include "ragmonitor-operator.fullname" .root }}{{ .suffix }}
automountServiceAccountToken: true
enableServiceLinks: false
restartPolicy: Never
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  runAsNonRoot: true
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: operator
    image: {{ include "ragmonitor-operator.image" .root | quote }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    args:
      {{- toYaml .args | nindent 6 }}
    env:
      - name: POD_NAMESPACE
        valueFrom:
          fieldRef:
            fieldPath: metadata.namespace
      {{- with .root.Values.extraEnv }}
      {{- toYaml . | nindent 6 }}
      {{- end }}
    resources:
      requests:
        cpu: 10m
        memory: 32Mi
      limits:
        memory: 128Mi
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities:
        drop: [ALL]
{{- end }}
