/** What stands around the server on its host: the unit that runs it and the proxies that may stand in front. */

export interface Place {
  /** Of the executable. */
  program: string
  data: string
  listen: string
  /** What customers call it, without the scheme. */
  host: string
  drainSeconds: number
  /** Where it may write. */
  writes: string
}

export const unit = ({ program, data, listen, host, drainSeconds, writes }: Place) => `[Unit]
Description=KKCompany AI Platform
After=network-online.target
Wants=network-online.target

[Service]
ExecStart=${program} serve --data ${data} --listen ${listen} --public-url https://${host}
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=1
# Calls under way may end.
TimeoutStopSec=${drainSeconds + 15}
# Secrets, one file each, named by KKAI_…_FILE=%d/NAME:
#LoadCredential=stripe_secret_key:/etc/kkai/stripe_secret_key
#Environment=KKAI_STRIPE_SECRET_KEY_FILE=%d/stripe_secret_key
User=kkai
Group=kkai
UMask=0077
LimitNOFILE=65536
ReadWritePaths=${writes}
ProtectSystem=strict
ProtectHome=true
PrivateTmp=true
PrivateDevices=true
ProtectClock=true
ProtectHostname=true
ProtectKernelLogs=true
ProtectKernelModules=true
ProtectKernelTunables=true
ProtectControlGroups=true
ProtectProc=invisible
NoNewPrivileges=true
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=true
RestrictSUIDSGID=true
RestrictRealtime=true
RestrictNamespaces=true
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
SystemCallArchitectures=native
SystemCallFilter=@system-service
# MemoryDenyWriteExecute stays off: JavaScript is compiled while it runs.

[Install]
WantedBy=multi-user.target`

/** Streams pass as they come, and may be silent for as long as the server lets them. Browsers come by TLS only, for a year. */
export const caddy = ({ listen, host }: Place) => `${host} {
	header Strict-Transport-Security "max-age=31536000; includeSubDomains"
	reverse_proxy ${listen} {
		flush_interval -1
		transport http {
			read_timeout 35m
			write_timeout 35m
		}
	}
	request_body {
		max_size 32MiB
	}
}`

export const nginx = ({ listen, host }: Place) => `upstream kkai {
    server ${listen};
    keepalive 64;
}
server {
    listen 443 ssl;
    http2 on;
    server_name ${host};
    ssl_certificate     /etc/ssl/${host}.pem;
    ssl_certificate_key /etc/ssl/${host}.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    add_header Strict-Transport-Security "max-age=31536000; includeSubDomains" always;
    client_max_body_size 32m;
    location / {
        proxy_pass http://kkai;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto https;
        proxy_buffering off;
        proxy_request_buffering off;
        proxy_cache off;
        gzip off;
        proxy_read_timeout 35m;
        proxy_send_timeout 35m;
    }
}`
