#!/usr/bin/env bash
# Makes App Service or Functions read its Key Vault references again now, instead of within 24 hours.
set -euo pipefail
references="https://management.azure.com$SITE_ID/config/configreferences/appsettings"
az rest --method post --url "$references/refresh?api-version=2022-03-01"
