{{- /* DNS and the API server. Neither can be selected as pods everywhere. A policy sees the port of the pod, which is 5353 where
     DNS is OpenShift's. */}}
{{- define "ragmonitor-operator.egressToCluster" -}}
- ports:
    - port: 53
      protocol: UDP
    - port: 53
      protocol: TCP
    - port: 5353
      protocol: UDP
    - port: 5353
      protocol: TCP
- ports:
    {{- range .Values.networkPolicy.apiServer.ports }}
    - port: {{ int . }}
      protocol: TCP
    {{- end }}
  {{- with .Values.networkPolicy.apiServer.cidrs }}
  to:
    {{- range . }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
  {{- end }}
{{- end }}

{{- /* The rules by which a URL can be reached. A policy sees the port of the pod, which that of a Service need not be: so all
     ports of the Service's namespace, and elsewhere the port of the URL. A name of two parts may be either. */}}
{{- define "ragmonitor-operator.egressToServer" -}}
{{- $url := urlParse . }}
{{- $port := regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "443" "80" (eq $url.scheme "https")) }}
{{- $host := regexReplaceAll ":[0-9]+$" $url.host "" }}
{{- $parts := splitList "." $host }}
{{- $isOwn := and (eq (len $parts) 1) (not (hasPrefix "[" $host)) }}
{{- $isService := regexMatch "^[^.]+\\.[^.]+\\.svc(\\.|$)" $host }}
{{- if $isOwn }}
- to:
    - podSelector: {}
{{- else if or $isService (eq (len $parts) 2) }}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ index $parts 1 }}
{{- end }}
{{- if not (or $isService $isOwn) }}
- ports:
    - port: {{ int $port }}
      protocol: TCP
{{- end }}
{{- end }}
