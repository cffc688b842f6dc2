"""Keys and tokens that are known by how they look: by the prefix that their maker gives them.

Prefixes and lengths are those that the makers publish, compared with the rules of gitleaks and detect-secrets
(docs/decisions/016-secrets.md); lengths are kept below what is published, so that a key that is cut is found, too.
"""

from __future__ import annotations

from typing import Final

from tokometer.records.redaction.rule import Rule, declared, made

_PEM: Final = Rule(
    "private-key",
    "PEM, OpenSSH, PGP",
    ("-----BEGIN ",),
    # To its end; where that is cut off to the text's, because whatever stands there may be of the key.
    (
        r"(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY[A-Z ]{0,10}-----"
        r"(?:(?!-----END ).)*(?:-----END [^-]{0,60}(?:-----)?)?"
    ),
    ("", made("-----BEGIN RSA {0}-----\nMIIE{{b90}}\n-----END RSA {0}-----".format("PRIVATE KEY")), ""),
)

#: name :: maker :: needles :: pattern :: example
KEYS: Final = (
    _PEM,
    *declared(r"""
    tokometer :: Tokometer :: tkm_ :: ^tkm_[A-Za-z0-9_-]{16,}
    age :: age :: ^AGE-SECRET-KEY-1 :: ^AGE-SECRET-KEY-1[A-Z0-9]{20,} :: ^AGE-SECRET-KEY-1{u58}
    aws-access-key :: AWS :: AKIA ABIA ACCA :: ^A(?:KIA|BIA|CCA)[A-Z0-9]{12,} :: AKIA{u16}
    aws-temporary-key :: AWS :: ASIA :: ^ASIA(?=[A-Z]{0,11}[0-9])[A-Z0-9]{12,} :: ASIA{u16}
    github :: GitHub :: ghp_ gho_ ghu_ ghs_ ghr_ :: ^gh[pousr]_[A-Za-z0-9_]{16,}
    github-fine-grained :: GitHub :: github_pat_ :: ^github_pat_[A-Za-z0-9_]{16,}
    gitlab :: GitLab :: glpat- glptt- gldt- glrt- glrtr- glft- glsoat- glcbt- glagent- glimt- gloas- glffct- glwt- \
:: ^gl(?:pat|ptt|dt|rtr?|ft|soat|cbt|agent|imt|oas|ffct|wt)-[A-Za-z0-9_.-]{12,}
    google-api-key :: Google :: AIza :: ^AIza[A-Za-z0-9_-]{16,}
    google-key :: Google :: AQ. :: ^AQ\.[A-Za-z0-9_-]{30,}
    google-access-token :: Google :: ya29. :: ^ya29\.[A-Za-z0-9_.-]{16,}
    google-refresh-token :: Google :: 1//0 :: ^1//0[A-Za-z0-9_-]{24,}
    google-client-secret :: Google :: ^GOCSPX- :: ^GOCSPX-[A-Za-z0-9_-]{12,}
    slack :: Slack :: xoxa xoxb xoxc xoxd xoxe xoxo xoxp xoxr xoxs :: ^xox[abcdeoprs][-.][A-Za-z0-9.%-]{10,} \
:: xoxb-{b48}
    slack-app :: Slack :: xapp- :: ^xapp-[A-Za-z0-9-]{10,}
    slack-webhook :: Slack :: hooks.slack.com/ :: (?P<kept>hooks\.slack\.com/[a-z]{1,20}/)[A-Za-z0-9/_-]{8,} \
:: https://hooks.slack.com/services/|T00000000/B00000000/{b24}|
    discord-webhook :: Discord :: /api/webhooks/ :: (?P<kept>/api/webhooks/)[0-9]{1,30}/[A-Za-z0-9_-]{8,} \
:: https://discord.com/api/webhooks/|123456789012345678/{b68}|
    telegram-bot :: Telegram :: :AA :: (?<![0-9])[0-9]{6,12}:AA[A-Za-z0-9_-]{30,} :: 123456789:AA{b33}
    hugging-face :: Hugging Face :: hf_ :: ^hf_(?:[A-Za-z0-9]{30,}|(?=[a-z]{0,15}[A-Z0-9])[A-Za-z0-9]{16,})
    hugging-face-organisation :: Hugging Face :: api_org_ :: ^api_org_[A-Za-z0-9]{20,}
    openai-project :: OpenAI, Anthropic, OpenRouter, Langfuse :: sk- pk- \
:: ^[ps]k-(?:proj|svcacct|admin|service|ant|or|lf|live|test|None)-[A-Za-z0-9_-]{8,} :: sk-ant-api03-{b90}
    openai :: OpenAI, DeepSeek, LiteLLM, Cerebras and others :: sk- \
:: ^c?sk-(?:[A-Za-z0-9]{20,}|(?=[A-Za-z_-]{0,9}[0-9])[A-Za-z0-9_-]{10,})
    glued :: whose keys are like nothing else :: sk-ant- sk-proj- sk-or-v1- ghp_ gho_ ghs_ github_pat_ glpat- AIza \
hf_ gsk_ :: (?:sk-(?:ant-[a-z]{3,8}[0-9]{2}|proj|or-v1)-[A-Za-z0-9_-]{32,}|gh[pos]_[A-Za-z0-9]{36,}\
|github_pat_[A-Za-z0-9_]{40,}|glpat-[A-Za-z0-9_-]{20,}|AIza[A-Za-z0-9_-]{35}|hf_[A-Za-z0-9]{34,}|gsk_[A-Za-z0-9]{48,}) \
:: user|sk-ant-api03-{b90}|
    openai-session :: OpenAI :: sess- :: ^sess-[A-Za-z0-9]{30,}
    langsmith :: LangSmith :: lsv2_ ls__ :: ^ls(?:v2_[a-z]{2}_|__)[A-Za-z0-9_]{16,} :: lsv2_pt_{h42}
    xai :: xAI :: xai- :: ^xai-[A-Za-z0-9]{20,}
    groq :: Groq :: gsk_ :: ^gsk_[A-Za-z0-9]{16,}
    perplexity :: Perplexity :: pplx- :: ^pplx-[A-Za-z0-9]{16,}
    replicate :: Replicate :: r8_ :: ^r8_[A-Za-z0-9]{16,}
    nvidia :: NVIDIA :: nvapi- :: ^nvapi-[A-Za-z0-9_-]{20,}
    fireworks :: Fireworks :: fw_ :: ^fw_[A-Za-z0-9]{20,}
    together :: Together :: tgp_v1_ :: ^tgp_v1_[A-Za-z0-9_-]{16,}
    tavily :: Tavily :: tvly- :: ^tvly-[A-Za-z0-9_-]{16,}
    jina :: Jina :: jina_ :: ^jina_[A-Za-z0-9_-]{24,}
    pinecone :: Pinecone :: pcsk_ :: ^pcsk_[A-Za-z0-9_-]{16,}
    voyage :: Voyage :: pa- :: ^pa-(?=[a-z_-]{0,40}[A-Z0-9])[A-Za-z0-9_-]{40,}
    databricks :: Databricks :: dapi :: ^dapi[0-9a-f]{32,} :: dapi{h32}
    stripe :: Stripe :: k_live_ k_test_ whsec_ :: ^(?:[spr]k_(?:live|test)|whsec)_[A-Za-z0-9]{10,} :: sk_live_{b24}
    sendgrid :: SendGrid :: SG. :: ^SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,} :: SG.{b22}.{b43}
    twilio :: Twilio :: SK AC :: ^(?:SK|AC)[0-9a-f]{32,} :: SK{h32}
    mailgun :: Mailgun :: key- :: ^key-[0-9a-f]{32,} :: key-{h32}
    mailchimp :: Mailchimp :: -us :: ^[0-9a-f]{32}-us[0-9]{1,2} :: {h32}-us12
    npm :: npm :: npm_ :: ^npm_[A-Za-z0-9]{30,}
    pypi :: PyPI :: pypi-AgE :: ^pypi-AgE[A-Za-z0-9_-]{12,}
    docker :: Docker :: dckr_pat_ dckr_oat_ :: ^dckr_[po]at_[A-Za-z0-9_-]{16,}
    vault :: HashiCorp :: hvs. hvb. hvr. :: ^hv[sbr]\.[A-Za-z0-9_-]{20,}
    digitalocean :: DigitalOcean :: dop_v1_ doo_v1_ dor_v1_ :: ^do[opr]_v1_[0-9a-f]{20,} :: dop_v1_{h64}
    shopify :: Shopify :: shpat_ shpca_ shppa_ shpss_ :: ^shp(?:at|ca|pa|ss)_[0-9a-fA-F]{20,} :: shpat_{h32}
    grafana :: Grafana :: glsa_ glc_ :: ^gl(?:sa|c)_[A-Za-z0-9+/=_]{24,}
    sentry :: Sentry :: sntrys_ sntryu_ :: ^sntry[su]_[A-Za-z0-9+/=_.-]{24,}
    posthog :: PostHog :: phc_ phx_ :: ^ph[cx]_[A-Za-z0-9]{30,}
    linear :: Linear :: lin_api_ lin_oauth_ :: ^lin_(?:api|oauth)_[A-Za-z0-9]{20,}
    notion :: Notion :: ntn_ secret_ :: ^(?:ntn|secret)_[A-Za-z0-9]{40,}
    atlassian :: Atlassian :: ATATT3 ATCTT3 :: ^AT[AC]TT3[A-Za-z0-9_=-]{24,}
    figma :: Figma :: figd_ :: ^figd_[A-Za-z0-9_-]{16,}
    supabase :: Supabase :: sbp_ sb_secret_ :: ^sb(?:p|_secret)_[A-Za-z0-9_-]{20,}
    new-relic :: New Relic :: NRAK- NRII- NRJS- NRBR- :: ^NR(?:AK|II|JS|BR)-[A-Za-z0-9]{16,}
    1password :: 1Password :: ops_eyJ :: ^ops_eyJ[A-Za-z0-9+/=_-]{24,}
    azure-openai :: Azure :: JQQJ99 :: ^[A-Za-z0-9]{20,64}JQQJ99[A-Za-z0-9]{10,} :: {b52}JQQJ99{b26}
    azure-client-secret :: Azure :: Q~ \
:: [A-Za-z0-9_~.]{3}[0-9]Q~[A-Za-z0-9_~.-]{24,} \
:: aB18Q~{b34}
    azure-signature :: Azure :: sig= :: (?P<kept>(?<![A-Za-z0-9])sig=)(?!…)[A-Za-z0-9%+/=_-]{16,} \
:: https://a.blob.core.windows.net/c?sv=2024&sig=|{b43}%3D|&se=2026
    jwt :: JSON Web Tokens :: eyJ \
:: (?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)* \
:: eyJ{b17}.eyJ{b24}.{b43}
    """),
    Rule(
        "openai-stump",
        "OpenAI",
        ("sk-", "pk-", "sess-"),
        # What error messages quote of a key.
        r"(?:(?<![A-Za-z0-9_-])|(?<=\\[nrt]))(?:sk|pk|sess)-(?!…)[-_A-Za-z0-9*]{4,}",
        ("Incorrect API key provided: ", made("sk-{b4}****{b4}"), "."),
        prose=True,
    ),
)
