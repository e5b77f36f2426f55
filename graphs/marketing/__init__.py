"""The marketing department: segments, campaigns, their results, A/B tests."""

from graphs.marketing.audience import segment_customers
from graphs.marketing.campaigns import draft_campaign, schedule_campaign
from graphs.marketing.reports import campaign_report, evaluate_ab_test

TOOLS = [segment_customers, draft_campaign, schedule_campaign, campaign_report, evaluate_ab_test]
