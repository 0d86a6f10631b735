{{- /* The start of every name of the chart. */ -}}
{{- define "builderpool.fullname" -}}
{{ .Values.fullnameOverride | default .Release.Name }}
{{- end }}

{{- /* The ServiceAccount of a component. */ -}}
{{- define "builderpool.account" -}}
{{ (index .root.Values .component).serviceAccount.name | default (printf "%s-%s" (include "builderpool.fullname" .root) .component) }}
{{- end }}

{{- define "builderpool.labels" -}}
app.kubernetes.io/name: builderpool
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "builderpool.selector" -}}
app.kubernetes.io/name: builderpool
app.kubernetes.io/component: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{- define "builderpool.image" -}}
{{- with .root.Values.images.registry }}{{ trimSuffix "/" . }}/{{ end }}builderpool-{{ .program }}:{{ .root.Values.images.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "builderpool.logsUrl" -}}
{{- if .Values.logs.enabled }}{{ .Values.logs.url | default (printf "http%s://%s-logs.%s.svc" (ternary "s" "" (ne .Values.logs.tls.secretName "")) (include "builderpool.fullname" .) .Release.Namespace) }}
{{- else }}{{ required "logs.url is missing: set the address of the log service, because logs.enabled is false" .Values.logs.url }}
{{- end }}
{{- end }}

{{- define "builderpool.logsPublicUrl" -}}
{{- with .Values.logs.ingress }}
{{- if $.Values.logs.publicUrl }}{{ $.Values.logs.publicUrl }}
{{- else if .enabled }}http{{ if .tlsSecret }}s{{ end }}://{{ required "logs.ingress.host is missing: set the host name of the log pages" .host }}
{{- else }}{{ include "builderpool.logsUrl" $ }}
{{- end }}
{{- end }}
{{- end }}

{{- /* The public address without final slashes: builders link to it with one slash and a path. */ -}}
{{- define "builderpool.logsBase" -}}
{{- regexReplaceAll "/+$" (include "builderpool.logsPublicUrl" . | trim) "" }}
{{- end }}

{{- /* The host names of the log service, separated by commas. */ -}}
{{- define "builderpool.logsHosts" -}}
{{- $service := printf "%s-logs" (include "builderpool.fullname" .) }}
{{- $inside := printf "%s.%s" $service .Release.Namespace }}
{{- $hosts := list $service $inside (printf "%s.svc" $inside) (printf "%s.svc.cluster.local" $inside) }}
{{- $hosts = append $hosts (urlParse (include "builderpool.logsUrl" .)).hostname }}
{{- $hosts = append $hosts (urlParse (include "builderpool.logsPublicUrl" .)).hostname }}
{{- with .Values.logs.ingress }}{{ if .enabled }}{{ $hosts = append $hosts .host }}{{ end }}{{ end }}
{{- with .Values.logs.service.clusterIP }}{{ $hosts = append $hosts . }}{{ end }}
{{- concat $hosts .Values.logs.hosts | uniq | join "," }}
{{- end }}

{{- /* Names that are reached without the proxy. The kubelet replaces the first with the address of the API server. */ -}}
{{- define "builderpool.noProxy" -}}
{{- $inside := list "$(KUBERNETES_SERVICE_HOST)" "kubernetes.default.svc" ".svc" ".cluster.local" "localhost" "127.0.0.1" "::1" }}
{{- $own := list }}{{- /* Without ports, as git reads them. */ -}}
{{- range .Values.proxy.noProxy }}{{ $own = append $own (regexReplaceAll "^([^:]+|\\[.*\\]):[0-9]+$" . "${1}") }}{{ end }}
{{- concat (append $inside (urlParse (include "builderpool.logsUrl" .)).hostname) $own | uniq | join "," }}
{{- end }}

{{- /* The proxy of the site as variables of a container. */ -}}
{{- define "builderpool.proxy" -}}
{{- if or .Values.proxy.https .Values.proxy.http }}
- name: NODE_USE_ENV_PROXY
  value: "1"
{{- with .Values.proxy.https }}
- name: HTTPS_PROXY
  value: {{ . | quote }}
{{- end }}
{{- with .Values.proxy.http }}
- name: HTTP_PROXY
  value: {{ . | quote }}
{{- end }}
- name: NO_PROXY
  value: {{ include "builderpool.noProxy" . | quote }}
{{- end }}
{{- end }}

{{- /* The values without the empty ones, for the builders. */ -}}
{{- define "builderpool.proxyOfBuilders" -}}
{{- $set := dict "noProxy" .Values.proxy.noProxy }}
{{- with .Values.proxy.https }}{{ $set = set $set "https" . }}{{ end }}
{{- with .Values.proxy.http }}{{ $set = set $set "http" . }}{{ end }}
{{- toJson $set }}
{{- end }}

{{- /* Targets of the values as rules of a NetworkPolicy. */ -}}
{{- define "builderpool.egress" -}}
{{- range . }}
- to:
    - ipBlock:
        cidr: {{ .cidr | quote }}
        {{- with .except }}
        except: {{- toYaml . | nindent 10 }}
        {{- end }}
  {{- with .ports }}
  ports:
    {{- range . }}
    - protocol: {{ .protocol | default "TCP" }}
      port: {{ .port }}
      {{- with .endPort }}
      endPort: {{ . }}
      {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{- /* DNS inside the cluster: pods with any label, and the address of a cache on the node. */ -}}
{{- define "builderpool.dns" -}}
- to:
    - namespaceSelector: {}
    - ipBlock: { cidr: 169.254.20.10/32 }
  ports:
    - { protocol: UDP, port: 53 }
    - { protocol: TCP, port: 53 }
    - { protocol: UDP, port: 5353 }
    - { protocol: TCP, port: 5353 }
{{- end }}

{{- /* Metadata of the pods of a component, with the labels and annotations of the values. */ -}}
{{- define "builderpool.podMetadata" -}}
{{- $own := index .root.Values .component -}}
labels: {{- merge (include "builderpool.labels" . | fromYaml) $own.podLabels | toYaml | nindent 2 }}
{{- with $own.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "builderpool.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65001
runAsGroup: 65000
fsGroup: 65000
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "builderpool.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "builderpool.probes" -}}
readinessProbe:
  httpGet: { path: /readyz, port: {{ .port }} }
  periodSeconds: 5
livenessProbe:
  httpGet: { path: /livez, port: {{ .port }} }
  initialDelaySeconds: 20
  periodSeconds: 20
  timeoutSeconds: 10
  failureThreshold: 6
{{- end }}

{{- define "builderpool.placement" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end }}
