{{- /* Arguments about figures of nodes and containers. What is as the operator has it by itself is left out. */}}
{{- define "ragmonitor-operator.nodeArguments" -}}
{{- with .Values.nodeExporter }}
- --node-exporter={{ .enabled }}
{{- if .enabled }}
- {{ printf "--node-exporter-image=%s" .image | quote }}
{{- if not .hostNetwork }}
- --node-exporter-host-network=false
{{- end }}
{{- if ne (int .port) 9100 }}
- --node-exporter-port={{ int .port }}
{{- end }}
{{- end }}
{{- with .priorityClassName }}
- {{ printf "--node-exporter-priority-class=%s" . | quote }}
{{- end }}
{{- if not .rules }}
- --node-rules=false
{{- end }}
{{- end }}
{{- with .Values.kubeletMetrics }}
{{- if .enabled }}
- --kubelet-metrics
- {{ printf "--kubelet-service-namespace=%s" .serviceNamespace | quote }}
- --kubelet-metrics-secret={{ include "ragmonitor-operator.fullname" $ }}-kubelet-scraper
{{- if .verify }}
- --kubelet-metrics-verify
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.cadvisor }}
{{- if .enabled }}
- --cadvisor
- {{ printf "--cadvisor-image=%s" .image | quote }}
- {{ printf "--cadvisor-containerd=%s" .containerdSocket | quote }}
{{- end }}
{{- end }}
{{- end }}
